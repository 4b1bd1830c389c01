import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { KMS } from '@keyhold/api/kms/product.ts';
import * as z from 'zod';
import { type Answer, type Parameters, startTestServer, type TestServer } from './server.ts';

/** The schema with every object in it closed: a member that the contract does not name is an error. */
function closed(schema: z.core.$ZodType): z.core.$ZodType {
  if (schema instanceof z.ZodOptional) return closed(schema.unwrap()) as never;
  if (schema instanceof z.ZodArray) return z.array(closed(schema.element));
  if (!(schema instanceof z.ZodObject)) return schema;
  const members = Object.entries(schema.shape as Record<string, z.core.$ZodType>).map(([name, member]) => {
    const inner = closed(member);
    return [name, member instanceof z.ZodOptional ? z.optional(inner) : inner];
  });
  return z.strictObject(Object.fromEntries(members));
}

let server: TestServer;
let KeyId: string;
let KeyVersionId: string;
let CiphertextBlob: string;
before(async () => {
  server = await startTestServer();
  const made = await server.call('CreateKey');
  ({ KeyId, PrimaryKeyVersion: KeyVersionId } = made.body.KeyMetadata);
  ({ CiphertextBlob } = (await server.call('Encrypt', { KeyId, Plaintext: 'x' })).body);
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
  const read = z.core.safeParse(closed(operation.response), result);
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

test('this test can fail: a closed schema refuses what is too much, too little, or of another type', () => {
  const schema = closed(KMS.operations.get('ListKeys')?.response ?? assert.fail());
  const row = { KeyId: 'k', KeyArn: 'a' };
  const good = { Keys: { Key: [row] }, TotalCount: 1, PageNumber: 1, PageSize: 10 };
  assert.ok(z.core.safeParse(schema, good).success);
  for (const bad of [
    { ...good, More: 1 },
    { ...good, Keys: { Key: [{ ...row, KeyState: 'Enabled' }] } },
    { ...good, Keys: { Key: [{ KeyId: 'k' }] } },
    { ...good, TotalCount: '1' },
  ]) {
    assert.ok(!z.core.safeParse(schema, bad).success, JSON.stringify(bad));
  }
});
