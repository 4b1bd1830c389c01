import * as z from 'zod';
import { operation } from '../operation.ts';
import { aliasName, keyIdOnly, page, pageNumber, pageSize } from './values.ts';

const alias = { kind: 'alias', parameter: 'AliasName' } as const;
const target = { kind: 'key', parameter: 'KeyId' } as const;
const formerTarget = { kind: 'aliasTarget', parameter: 'AliasName' } as const;

export const CreateAlias = operation({
  action: 'CreateAlias',
  group: 'aliases',
  summary: 'Gives a key a name.',
  effect: 'write',
  grants: [
    { action: 'kms:CreateAlias', resource: alias },
    { action: 'kms:CreateAlias', resource: target },
  ],
  request: z.object({ AliasName: aliasName, KeyId: keyIdOnly }),
  response: z.object({}),
  errors: [
    'InvalidParameter',
    'AliasAlreadyExists',
    'Unsupported.Alias',
    'Rejected.LimitExceeded',
    'Forbidden.KeyNotFound',
    'Rejected.StateModifiedFailed',
  ],
  trail: { request: ['AliasName', 'KeyId'], response: [] },
});

export const UpdateAlias = operation({
  action: 'UpdateAlias',
  group: 'aliases',
  summary: 'Points an existing alias at another key.',
  effect: 'write',
  grants: [
    { action: 'kms:UpdateAlias', resource: alias },
    { action: 'kms:UpdateAlias', resource: target },
    { action: 'kms:UpdateAlias', resource: formerTarget },
  ],
  request: CreateAlias.request,
  response: z.object({}),
  errors: [
    'InvalidParameter',
    'Unsupported.Alias',
    'Forbidden.AliasNotFound',
    'Forbidden.KeyNotFound',
    'Rejected.PendingDeletion',
  ],
  trail: { request: ['AliasName', 'KeyId'], response: [] },
});

export const DeleteAlias = operation({
  action: 'DeleteAlias',
  group: 'aliases',
  summary: 'Removes an alias and leaves the key alone.',
  effect: 'write',
  grants: [
    { action: 'kms:DeleteAlias', resource: alias },
    { action: 'kms:DeleteAlias', resource: formerTarget },
  ],
  request: z.object({ AliasName: aliasName }),
  response: z.object({}),
  errors: ['InvalidParameter', 'Forbidden.AliasNotFound'],
  trail: { request: ['AliasName'], response: [] },
});

const aliasPage = z.object({
  Aliases: z.object({
    Alias: z.array(z.object({ AliasName: z.string(), AliasArn: z.string(), KeyId: z.string() })),
  }),
  ...page,
});

export const ListAliases = operation({
  action: 'ListAliases',
  group: 'aliases',
  summary: 'Pages through the aliases of the account in the region.',
  effect: 'read',
  grants: [{ action: 'kms:ListAliases', resource: { kind: 'aliases' } }],
  request: z.object({ PageNumber: pageNumber, PageSize: pageSize }),
  response: aliasPage,
  errors: ['InvalidParameter'],
  trail: { request: ['PageNumber', 'PageSize'], response: [] },
});

export const ListAliasesByKeyId = operation({
  action: 'ListAliasesByKeyId',
  group: 'aliases',
  summary: 'Pages through the aliases of one key.',
  effect: 'read',
  grants: [{ action: 'kms:ListAliasesByKeyId', resource: target }],
  request: z.object({ KeyId: keyIdOnly, PageNumber: pageNumber, PageSize: pageSize }),
  response: aliasPage,
  errors: ['InvalidParameter', 'Unsupported.Alias', 'Forbidden.KeyNotFound'],
  trail: { request: ['KeyId', 'PageNumber', 'PageSize'], response: [] },
});
