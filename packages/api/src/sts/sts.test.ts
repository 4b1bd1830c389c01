import assert from 'node:assert/strict';
import { test } from 'node:test';
import type * as z from 'zod';
import { readParameters } from '../parameters.ts';
import { AssumeRole, AssumeRoleWithOIDC } from './sts.ts';

type Wire = Readonly<Record<string, string>>;
/** Whatever its parameters are. */
type Any = { readonly request: z.ZodObject };
const read = <S extends z.ZodObject>({ request }: { readonly request: S }, wire: Wire) =>
  readParameters(request, new Map(Object.entries(wire)));
const refuses = (operation: Any, wire: Wire, code: string) =>
  assert.throws(() => read(operation, wire), { name: 'ApiError', code }, JSON.stringify(wire));

const session = { RoleArn: 'acs:ram::1111222233334444:role/Reader', RoleSessionName: 'me' };
const oidc = { ...session, OIDCProviderArn: 'acs:ram::1:oidc-provider/p', OIDCToken: 'a.b.c_-' };

/** Parameter, values that pass, values that are refused under its code. */
const CASES: readonly (readonly [parameter: string, good: readonly string[], bad: readonly string[]])[] = [
  [
    'RoleArn',
    ['acs:ram::1:role/a.B-9'],
    ['', 'a', 'acs:ram::1:user/a', 'acs:ram::1:role/', 'acs:ram::1:role/a/b', 'acs:ram::1:role/a_b'],
  ],
  ['RoleSessionName', ['a@', 'A.b-c_d@e', 'x'.repeat(64)], ['', 'a', 'x'.repeat(65), 'a b', 'a/b', 'ä1']],
  ['DurationSeconds', ['900', '3600', '43200'], ['899', '43201', '1h', '-1', '900.0', '9'.repeat(30)]],
];

test('the parameters of a session are refused under their own codes', () => {
  const both: readonly Any[] = [AssumeRole, AssumeRoleWithOIDC];
  for (const operation of both) {
    for (const [parameter, good, bad] of CASES) {
      for (const value of good) read(operation, { ...oidc, [parameter]: value });
      for (const value of bad) {
        refuses(operation, { ...oidc, [parameter]: value }, `InvalidParameter.${parameter}`);
      }
    }
    read(operation, { ...oidc, Policy: 'x'.repeat(2048) });
    refuses(operation, { ...oidc, Policy: 'x'.repeat(2049) }, 'InvalidParameter.PolicySize');
    refuses(
      operation,
      { ...oidc, RoleArn: session.RoleArn, RoleSessionName: '' },
      'InvalidParameter.RoleSessionName',
    );
  }
});

test('the external id has the charset of the trust policies', () => {
  for (const ExternalId of ['ab', 'a_+=,.@:/-', 'x'.repeat(1224)]) {
    assert.equal(read(AssumeRole, { ...session, ExternalId }).ExternalId, ExternalId);
  }
  for (const ExternalId of ['a', 'x'.repeat(1225), 'a b', 'a*']) {
    refuses(AssumeRole, { ...session, ExternalId }, 'InvalidParameter.ExternalId');
  }
  refuses(AssumeRole, { ...session, SourceIdentity: 'me' }, 'UnsupportedOperation');
});

test('the refusal of a token does not quote it', () => {
  const OIDCToken = 'head.SECRET-CLAIMS.sig"';
  assert.throws(
    () => read(AssumeRoleWithOIDC, { ...oidc, OIDCToken }),
    (error) => error instanceof Error && !error.message.includes('SECRET') && /OIDCToken/.test(error.message),
  );
  refuses(
    AssumeRoleWithOIDC,
    { ...oidc, OIDCProviderArn: 'acs:ram::1:saml-provider/p' },
    'InvalidParameter.OIDCProviderArn',
  );
  for (const name of Object.keys(oidc)) {
    const { [name]: _, ...others } = oidc as Record<string, string>;
    refuses(AssumeRoleWithOIDC, others, 'MissingParameter');
  }
});
