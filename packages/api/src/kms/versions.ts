import * as z from 'zod';
import { operation } from '../operation.ts';
import { dateText } from '../values.ts';
import { keyName, keyVersionId, page, pageNumber, pageSize } from './values.ts';

const KeyVersion = z.object({ KeyId: z.string(), KeyVersionId: z.string(), CreationDate: dateText });
const keyErrors = ['InvalidParameter', 'Forbidden.AliasNotFound', 'Forbidden.KeyNotFound'] as const;

export const DescribeKeyVersion = operation({
  action: 'DescribeKeyVersion',
  group: 'versions',
  summary: 'Returns the metadata of one key version.',
  effect: 'read',
  grants: [{ action: 'kms:DescribeKeyVersion', resource: { kind: 'key', parameter: 'KeyId', alias: true } }],
  request: z.object({ KeyId: keyName, KeyVersionId: keyVersionId }),
  response: z.object({ KeyVersion }),
  errors: [...keyErrors, 'Forbidden.KeyVersionNotFound'],
  trail: { request: ['KeyId', 'KeyVersionId'], response: [] },
});

export const ListKeyVersions = operation({
  action: 'ListKeyVersions',
  group: 'versions',
  summary: 'Pages through the versions of a key.',
  effect: 'read',
  grants: [{ action: 'kms:ListKeyVersions', resource: { kind: 'key', parameter: 'KeyId', alias: true } }],
  request: z.object({ KeyId: keyName, PageNumber: pageNumber, PageSize: pageSize }),
  response: z.object({ KeyVersions: z.object({ KeyVersion: z.array(KeyVersion) }), ...page }),
  errors: keyErrors,
  trail: { request: ['KeyId', 'PageNumber', 'PageSize'], response: [] },
});
