import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { PRODUCTS } from '@keyhold/api/contract.ts';
import type { Operation } from '@keyhold/api/operation.ts';
import {
  ACCOUNT,
  type Answer,
  type Credentials,
  type Parameters,
  send,
  startTestServer,
  type TestServer,
} from '../server.ts';
import { allowAll, makeAccount, makeUser, TRUSTS_ACCOUNT } from './people.ts';

const EVERYTHING = { Effect: 'Allow', Action: '*', Resource: '*' };
let now = Date.now();
let server: TestServer;
let allowed: Credentials;
let powerless: Credentials;
let inactive: Credentials;
let expired: Credentials;
let otherAccount: Credentials;
/** One valid value for each parameter that some operation requires. */
let samples: Parameters;
const keys = { there: '', disabled: '', foreign: '', missing: '7c1d3f0a-52b4-4b0e-a5de-0f1e2d3c4b5a' };
/** By key id, a ciphertext that names the key. */
const blobs = new Map<string, string>();
/** Version and suite come before it. */
const KEY_ID_OFFSET = 2;

before(async () => {
  server = await startTestServer({}, () => now);
  otherAccount = await makeAccount(server, '1000000000000002');
  keys.there = (await server.call('CreateKey')).body.KeyMetadata.KeyId;
  keys.disabled = (await server.call('CreateKey')).body.KeyMetadata.KeyId;
  keys.foreign = (await server.call('CreateKey', {}, otherAccount)).body.KeyMetadata.KeyId;
  for (const [name, keyId] of Object.entries(keys)) {
    const owner = name === 'foreign' ? otherAccount : undefined;
    const KeyId = name === 'missing' ? keys.there : keyId;
    const { CiphertextBlob } = (await server.call('Encrypt', { KeyId, Plaintext: 'x' }, owner)).body;
    const blob = Buffer.from(CiphertextBlob, 'base64');
    blob.set(Buffer.from(keyId.replaceAll('-', ''), 'hex'), KEY_ID_OFFSET);
    blobs.set(keyId, blob.toString('base64'));
  }
  await server.call('DisableKey', { KeyId: keys.disabled });
  await server.call('CreateAlias', { KeyId: keys.there, AliasName: 'alias/one' });
  const encrypted = (await server.call('Encrypt', { KeyId: keys.there, Plaintext: 'x' })).body;

  allowed = await makeUser(server, 'allowed', [EVERYTHING]);
  powerless = await makeUser(server, 'powerless', []);
  inactive = await makeUser(server, 'inactive', [EVERYTHING]);
  const off = { UserName: 'inactive', UserAccessKeyId: inactive.accessKeyId, Status: 'Inactive' };
  assert.equal((await server.ram('UpdateAccessKey', off)).status, 200);
  await server.ram('CreateRole', { RoleName: 'batch', AssumeRolePolicyDocument: TRUSTS_ACCOUNT });
  await server.ram('AttachPolicyToRole', { RoleName: 'batch', PolicyName: 'allowed', PolicyType: 'Custom' });
  const session = {
    RoleArn: `acs:ram::${ACCOUNT}:role/batch`,
    RoleSessionName: 'matrix',
    DurationSeconds: 900,
  };
  const { Credentials: issued } = (await server.sts('AssumeRole', session, allowed)).body;
  expired = {
    accessKeyId: issued.AccessKeyId,
    accessKeySecret: issued.AccessKeySecret,
    securityToken: issued.SecurityToken,
  };
  assert.equal((await server.call('ListKeys', {}, expired)).status, 200);
  now += 901_000;

  samples = {
    KeyId: keys.there,
    DestinationKeyId: keys.there,
    ProtectedResourceArn: `acs:kms:cn-hangzhou:${ACCOUNT}:key/${keys.there}`,
    EnableDeletionProtection: false,
    KeyVersionId: encrypted.KeyVersionId,
    CiphertextBlob: blobs.get(keys.there) ?? assert.fail(),
    Plaintext: 'x',
    AliasName: 'alias/one',
    Description: 'd',
    Tags: '[{"TagKey":"a","TagValue":"b"}]',
    TagKeys: '["a"]',
    TagKey: '["a"]',
    ResourceId: JSON.stringify([keys.there]),
    ResourceType: 'key',
    Tag: '[{"Key":"a","Value":"b"}]',
    Policy: allowAll(ACCOUNT),
    EnableAutomaticRotation: false,
    WrappingAlgorithm: 'RSAES_OAEP_SHA_256',
    WrappingKeySpec: 'RSA_2048',
    EncryptedKeyMaterial: 'AAAA',
    ImportToken: 'AAAA',
    UserName: 'nobody',
    GroupName: 'nobody',
    RoleName: 'nobody',
    PolicyName: 'nobody',
    PolicyType: 'Custom',
    PolicyDocument: JSON.stringify({ Version: '1', Statement: [EVERYTHING] }),
    AssumeRolePolicyDocument: TRUSTS_ACCOUNT,
    NewDescription: 'd',
    VersionId: 'v1',
    UserAccessKeyId: 'LTAInone',
    Status: 'Active',
    ResourceNames: '["nobody"]',
    Principal: `acs:ram::${ACCOUNT}:user/allowed`,
    SimulatedAction: 'kms:Encrypt',
    EncodedDiagnosticMessage: 'AAAA',
    RoleArn: `acs:ram::${ACCOUNT}:role/batch`,
    RoleSessionName: 'matrix',
    OIDCProviderArn: `acs:ram::${ACCOUNT}:oidc-provider/none`,
    OIDCToken: 'a.b.c',
    OIDCProviderName: 'none',
    IssuerUrl: 'https://issuer.example',
    ClientIds: 'app',
    ClientId: 'app',
    Name: 'trail-1',
    OssBucketName: 'bucket-1',
  };
});
after(() => server[Symbol.asyncDispose]());

const all = PRODUCTS.flatMap((product) =>
  [...product.operations.values()].map((operation) => ({
    product,
    operation,
    name: `${product.name} ${operation.action}`,
  })),
);
type Row = (typeof all)[number];

/** What it takes to be understood: every required parameter, and what a check of the whole asks for. */
function parametersOf({ product, operation }: Row): Parameters {
  const needed = Object.entries(operation.request.shape)
    .filter(([name, field]) => !field.safeParse(undefined).success || OPTIONAL_BUT_ASKED.has(name))
    .filter(([name]) => name !== 'KeyId' || operation.action !== 'SetDeletionProtection') // it has another name
    .map(([name]) => name);
  const given = needed.map((name): [string, string | number | boolean] => {
    if (name === 'ResourceType') return [name, product.name === 'Kms' ? 'key' : 'role'];
    return [name, samples[name] ?? assert.fail(`${operation.action} needs a sample of ${name}`)];
  });
  return Object.fromEntries(given);
}
const OPTIONAL_BUT_ASKED = new Set([
  'TagKeys',
  'TagKey',
  'KeyId',
  'ProtectedResourceArn',
  'ResourceId',
  'ResourceNames',
  'UserName',
  'OssBucketName',
]);

const call = (
  { product, operation }: Row,
  parameters: Parameters,
  credentials: Credentials,
): Promise<Answer> => server.call(operation.action, { Version: product.version, ...parameters }, credentials);

const FORBIDDEN = /^(Forbidden\.NoPermission|NoPermission|AccessDeniedError)$/;
/** Open to everybody who is known; or, the last, to everybody with a token. */
const OPEN = new Set(['Kms DescribeRegions', 'Sts GetCallerIdentity', 'Sts AssumeRoleWithOIDC']);
const names = (operation: Operation, ...kinds: string[]) =>
  operation.grants.some(({ resource }) => kinds.includes(resource.kind));

test('a user without a policy may do nothing but what is open to all', async () => {
  for (const row of all) {
    const { status, body } = await call(row, parametersOf(row), powerless);
    if (OPEN.has(row.name)) assert.ok(!FORBIDDEN.test(body.Code), row.name);
    else
      assert.ok(
        status === 403 && FORBIDDEN.test(body.Code),
        `${row.name} ${status} ${body.Code} ${body.Message}`,
      );
  }
});

test('a session that is over, a key that is off and no signature are refused everywhere', async () => {
  for (const row of all) {
    if (row.operation.unsigned) continue;
    const parameters = parametersOf(row);
    const codes = [
      (await call(row, parameters, expired)).body.Code,
      (await call(row, parameters, inactive)).body.Code,
    ];
    const query = new URLSearchParams({
      Action: row.operation.action,
      Version: row.product.version,
      Format: 'JSON',
      ...Object.fromEntries(Object.entries(parameters).map(([name, value]) => [name, String(value)])),
    });
    codes.push((await send(server.url, `/?${query}`)).body.Code);
    assert.deepEqual(
      codes,
      ['InvalidSecurityToken.Expired', 'InvalidAccessKeyId.Inactive', 'MissingAccessKeyId'],
      row.name,
    );
  }
});

test("another account reaches nothing that is the first one's", async () => {
  for (const row of all) {
    if (!names(row.operation, 'key', 'ciphertextKey', 'listedKeys', 'roleArn')) continue;
    const parameters = parametersOf(row);
    const KeyId = `acs:kms:cn-hangzhou:${ACCOUNT}:key/${keys.there}`;
    for (const named of [parameters, 'KeyId' in parameters ? { ...parameters, KeyId } : parameters]) {
      const { status, body } = await call(row, named, otherAccount);
      assert.ok(status === 403 || status === 404 || status === 400, `${row.name} ${status}`);
      assert.ok(!JSON.stringify(body).includes('Plaintext"'), row.name);
    }
  }
});

/** An answer without what must differ: request ids, the names that were asked for, and what is sealed. */
function told({ status, body }: Answer, asked: string): string {
  return JSON.stringify({ status, ...body }, (name, value) => {
    if (name === 'RequestId') return undefined;
    if (name === 'EncodedDiagnosticMessage') return String(value).length;
    return typeof value === 'string' ? value.replaceAll(asked, '<key>') : value;
  });
}

test('a denial looks the same for keys that are there, missing, foreign and disabled', async () => {
  for (const row of all) {
    if (!names(row.operation, 'key', 'listedKeys', 'ciphertextKey')) continue;
    const seen = new Set<string>();
    for (const keyId of Object.values(keys)) {
      const blob = blobs.get(keyId) ?? assert.fail();
      const text = JSON.stringify(parametersOf(row))
        .replaceAll(keys.there, keyId)
        .replaceAll(String(samples.CiphertextBlob), blob);
      seen.add(told(await call(row, JSON.parse(text), powerless), keyId));
    }
    assert.equal(seen.size, 1, `${row.name}: ${[...seen].join('\n')}`);
  }
});

test('the account and a user who may everything are never told that they may not', async () => {
  for (const row of all) {
    for (const [who, credentials] of Object.entries({ root: undefined, allowed })) {
      if (row.operation.action === 'AssumeRole' && who === 'root') continue; // a documented refusal
      const { status, body } = await server.call(
        row.operation.action,
        { Version: row.product.version, ...parametersOf(row) },
        ...(credentials ? [credentials] : []),
      );
      assert.ok(!FORBIDDEN.test(body.Code), `${row.name} as ${who}: ${body.Message}`);
      assert.ok(status < 500, `${row.name} as ${who}: ${status}`);
    }
  }
});
