import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { KMS } from '@keyhold/api/kms/product.ts';
import { allowAll } from './access/people.ts';
import { externalKey, importParameters, wrap } from './key-lifecycle/importing.ts';
import { ACCOUNT, type Answer, type Parameters, startTestServer, type TestServer } from './server.ts';

/** What of a schema's inside is looked at here. */
interface Shaped {
  readonly shape?: Readonly<Record<string, Shaped>>;
  readonly element?: Shaped;
  readonly unwrap?: () => Shaped;
}

/** The members of a value, at any depth, that its schema does not declare. */
function undeclared(schema: Shaped, value: unknown, path = ''): string[] {
  if (Array.isArray(value)) {
    const { element } = schema;
    return element ? value.flatMap((item, i) => undeclared(element, item, `${path}[${i}]`)) : [path];
  }
  if (typeof value !== 'object' || value === null) return [];
  const { shape } = schema.shape ? schema : (schema.unwrap?.() ?? schema);
  return Object.entries(value).flatMap(([name, member]) => {
    const inner = shape?.[name];
    return inner ? undeclared(inner, member, `${path}.${name}`) : [`${path}.${name}`];
  });
}

let server: TestServer;
let KeyId: string;
let KeyVersionId: string;
let CiphertextBlob: string;
let imported: { KeyId: string; ImportToken: string; EncryptedKeyMaterial: string };
let now = Date.now();
before(async () => {
  server = await startTestServer({}, () => now);
  const made = await server.call('CreateKey');
  ({ KeyId, PrimaryKeyVersion: KeyVersionId } = made.body.KeyMetadata);
  ({ CiphertextBlob } = (await server.call('Encrypt', { KeyId, Plaintext: 'x' })).body);
  now += 7 * 86_400_000; // versions are made so far apart
  const given = await importParameters(server, await externalKey(server));
  imported = { ...given, EncryptedKeyMaterial: wrap(given.PublicKey, Buffer.alloc(32, 1)) };
});
after(() => server[Symbol.asyncDispose]());

const AliasName = 'alias/one';
const listed = () => ({ ResourceType: 'key', 'ResourceId.1': KeyId });

/** One success of every operation, in an order in which each finds what it needs. */
const CALLS: readonly (readonly [action: string, parameters: () => Parameters])[] = [
  ['DescribeRegions', () => ({})],
  ['DescribeAccountKmsStatus', () => ({})],
  ['CreateKey', () => ({ Description: 'd', Tags: '[{"TagKey":"a","TagValue":"b"}]' })],
  ['CreateAlias', () => ({ KeyId, AliasName })],
  ['UpdateAlias', () => ({ KeyId, AliasName })],
  ['ListAliases', () => ({})],
  ['ListAliasesByKeyId', () => ({ KeyId })],
  ['TagResource', () => ({ KeyId, Tags: '[{"TagKey":"k","TagValue":"v"}]' })],
  ['TagResources', () => ({ ...listed(), 'Tag.1.Key': 'k2', 'Tag.1.Value': 'v' })],
  ['ListResourceTags', () => ({ KeyId })],
  ['ListTagResources', () => listed()],
  ['UntagResource', () => ({ KeyId, TagKeys: '["k"]' })],
  ['UntagResources', () => ({ ...listed(), All: true })],
  ['Encrypt', () => ({ KeyId: AliasName, Plaintext: 'x', EncryptionContext: '{"a":"b"}' })],
  ['Decrypt', () => ({ CiphertextBlob })],
  ['ReEncrypt', () => ({ CiphertextBlob, DestinationKeyId: KeyId })],
  ['GenerateDataKey', () => ({ KeyId })],
  ['GenerateDataKeyWithoutPlaintext', () => ({ KeyId, NumberOfBytes: 16 })],
  ['ListKeyVersions', () => ({ KeyId })],
  ['DescribeKeyVersion', () => ({ KeyId, KeyVersionId })],
  ['CreateKeyVersion', () => ({ KeyId: AliasName })],
  ['UpdateRotationPolicy', () => ({ KeyId, EnableAutomaticRotation: true, RotationInterval: '365d' })],
  ['DescribeKey', () => ({ KeyId })],
  [
    'GetParametersForImport',
    () => ({ ...imported, WrappingAlgorithm: 'RSAES_OAEP_SHA_1', WrappingKeySpec: 'RSA_2048' }),
  ],
  ['ImportKeyMaterial', () => ({ ...imported, KeyMaterialExpireUnix: Math.floor(now / 1000) + 60 })],
  ['DescribeKey', () => ({ KeyId: imported.KeyId })],
  ['DeleteKeyMaterial', () => ({ KeyId: imported.KeyId })],
  ['GetKeyPolicy', () => ({ KeyId })],
  ['SetKeyPolicy', () => ({ KeyId, Policy: allowAll(ACCOUNT) })],
  ['GetKeyPolicy', () => ({ KeyId })],
  ['ListKeyPolicies', () => ({ KeyId })],
  ['ListKeys', () => ({})],
  ['UpdateKeyDescription', () => ({ KeyId, Description: '' })],
  [
    'SetDeletionProtection',
    () => ({ KeyId, EnableDeletionProtection: true, DeletionProtectionDescription: 'why' }),
  ],
  ['DescribeKey', () => ({ KeyId })],
  ['SetDeletionProtection', () => ({ KeyId, EnableDeletionProtection: false })],
  ['DisableKey', () => ({ KeyId })],
  ['EnableKey', () => ({ KeyId })],
  ['ScheduleKeyDeletion', () => ({ KeyId })],
  ['DescribeKey', () => ({ KeyId })],
  ['CancelKeyDeletion', () => ({ KeyId })],
  ['DeleteAlias', () => ({ AliasName })],
];

function assertConforms(action: string, { status, body }: Answer): void {
  assert.equal(status, 200, `${action}: ${JSON.stringify(body)}`);
  const { RequestId, ...result } = body;
  assert.match(RequestId, /^[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}$/);
  const operation = KMS.operations.get(action);
  assert.ok(operation);
  assert.deepEqual(undeclared(operation.response as Shaped, result), [], action);
  const read = operation.response.safeParse(result);
  assert.ok(read.success, `${action}: ${read.error?.message}`);
}

test('every operation answers what the contract says, and nothing else', async () => {
  for (const [action, parameters] of CALLS) assertConforms(action, await server.call(action, parameters()));
});

test('every operation is among them but the one that never succeeds', () => {
  const called = new Set([...CALLS.map(([action]) => action), 'OpenKmsService']);
  assert.deepEqual([...called].toSorted(), [...KMS.operations.keys()].toSorted());
});

test('OpenKmsService says that it is open already', async () => {
  const { status, body } = await server.call('OpenKmsService');
  assert.deepEqual([status, body.Code, body.HttpStatus], [400, 'Forbidden.Opened', 400]);
});

test('this test can fail: it finds what is too much, at any depth', () => {
  const { response } = KMS.operations.get('ListKeys') ?? assert.fail();
  const row = { KeyId: 'k', KeyArn: 'a' };
  const good = { Keys: { Key: [row] }, TotalCount: 1, PageNumber: 1, PageSize: 10 };
  assert.deepEqual(undeclared(response as Shaped, good), []);
  const bad = { ...good, More: 1, Keys: { Key: [row, { ...row, KeyState: 'Enabled' }] } };
  assert.deepEqual(undeclared(response as Shaped, bad), ['.Keys.Key[1].KeyState', '.More']);
});
