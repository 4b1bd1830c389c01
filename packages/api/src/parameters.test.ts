import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { ApiError } from './errors.ts';
import { KMS } from './kms/product.ts';
import { readParameters, writeParameters } from './parameters.ts';

const requestOf = (action: string) => {
  const operation = KMS.operations.get(action);
  assert.ok(operation, action);
  return operation.request;
};

const read = (action: string, wire: Readonly<Record<string, string>>) =>
  readParameters(requestOf(action), new Map(Object.entries(wire)));

const refuses = (action: string, wire: Readonly<Record<string, string>>, code: string, parameter: string) =>
  assert.throws(
    () => read(action, wire),
    (error) => error instanceof ApiError && error.code === code && error.message.includes(`"${parameter}"`),
    `${action} ${JSON.stringify(wire)}: ${code} ${parameter}`,
  );

// --- laws ------------------------------------------------------------------------------------------

const text = fc.string({ minLength: 1, maxLength: 40, unit: 'grapheme' });
const tagKey = fc
  .stringMatching(/^[A-Za-z0-9/\\_\-.+=:@]{1,128}$/)
  .filter((key) => !/^(aliyun|acs:)/i.test(key));
const tagValue = fc.stringMatching(/^[A-Za-z0-9/\\_\-.+=:@]{0,128}$/);
const contextKey = fc.oneof(text, fc.constantFrom('', 'a.b', 'constructor', 'toString'));
const context = fc.dictionary(
  contextKey.filter((key) => key !== '__proto__'),
  text,
  { noNullPrototype: true },
);
const plain = { noNullPrototype: true };
const listOf = <T>(inner: fc.Arbitrary<T>) => fc.array(inner, { minLength: 1, maxLength: 20 });
const tagsWith = (key: 'Key' | 'TagKey', value: 'Value' | 'TagValue') =>
  fc
    .uniqueArray(fc.tuple(tagKey, tagValue), { minLength: 1, maxLength: 20, selector: ([name]) => name })
    .map((pairs) => pairs.map(([name, content]) => ({ [key]: name, [value]: content })));

/** A value of every parameter that is offered; the names mean the same in all operations. */
const VALUES: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  AliasName: fc.stringMatching(/^alias\/[A-Z0-9_\-/]{1,255}$/),
  All: fc.boolean(),
  CiphertextBlob: fc.base64String({ minLength: 4 }),
  DeletionProtectionDescription: text,
  Description: fc.oneof(fc.constant(''), text),
  DestinationEncryptionContext: context,
  DestinationKeyId: text,
  DryRun: fc.boolean(),
  EnableAutomaticRotation: fc.boolean(),
  EnableDeletionProtection: fc.boolean(),
  EncryptionContext: context,
  Filters: fc.array(fc.record({ Key: fc.constantFrom('KeyState', 'KeyId'), Values: fc.array(text) }, plain), {
    maxLength: 10,
  }),
  KeyId: text,
  KeySpec: fc.constantFrom('AES_256', 'AES_128', 'Aliyun_AES_256', 'EC_SM2'),
  KeyUsage: fc.constantFrom('ENCRYPT/DECRYPT', 'SIGN/VERIFY'),
  KeyVersionId: text,
  NextToken: text,
  NumberOfBytes: fc.integer({ min: 1, max: 1024 }),
  Origin: fc.constantFrom('Aliyun_KMS', 'EXTERNAL'),
  PageNumber: fc.integer({ min: 1, max: 1_000_000 }),
  PageSize: fc.integer({ min: 1, max: 100 }),
  PendingWindowInDays: fc.integer({ min: 7, max: 366 }),
  Plaintext: fc.oneof(fc.constant(''), text),
  BypassPolicyLockoutSafetyCheck: fc.boolean(),
  PolicyName: fc.constant('default'),
  Policy: text,
  EncryptedKeyMaterial: text,
  ImportToken: text,
  KeyMaterialExpireUnix: fc.integer({ min: 0, max: 1_000_000 }),
  WrappingAlgorithm: fc.constantFrom('RSAES_OAEP_SHA_1', 'RSAES_OAEP_SHA_256'),
  WrappingKeySpec: fc.constantFrom('RSA_2048', 'RSA_3072'),
  ProtectedResourceArn: fc.uuid().map((id) => `acs:kms:cn-hangzhou:123:key/${id}`),
  ProtectionLevel: fc.constantFrom('SOFTWARE', 'HSM'),
  RegionId: text,
  ResourceId: listOf(text),
  ResourceType: fc.constant('key'),
  RotationInterval: fc.integer({ min: 7 * 86_400, max: 730 * 86_400 }),
  SourceEncryptionAlgorithm: text,
  SourceEncryptionContext: context,
  SourceKeyId: text,
  SourceKeyVersionId: text,
  Tag: tagsWith('Key', 'Value'),
  TagKey: listOf(tagKey),
  TagKeys: listOf(tagKey),
  Tags: tagsWith('TagKey', 'TagValue'),
};
/** Documented, and refused whatever the value. */
const NOT_OFFERED = ['SecretName', 'CertificateId', 'KmsInstanceId', 'DKMSInstanceId', 'CreateKey Policy'];

for (const [action, { request }] of KMS.operations) {
  test(`${action}: what is written reads back`, () => {
    const names = Object.keys(request.shape).filter(
      (name) => !NOT_OFFERED.includes(name) && !NOT_OFFERED.includes(`${action} ${name}`),
    );
    const shape = Object.fromEntries(
      names.map((name) => {
        assert.ok(VALUES[name], `no values for ${name}`);
        return [name, VALUES[name]];
      }),
    );
    const needed = names.filter((name) => !request.shape[name]?.safeParse(undefined).success);
    const values = fc
      .record(shape, { ...plain, requiredKeys: needed })
      .filter((v) => request.safeEncode(v).success);
    fc.assert(
      fc.property(values, (given) => {
        const wire = writeParameters(request, given);
        assert.deepEqual(readParameters(request, new Map(wire)), given);
        assert.equal(new Set(wire.map(([name]) => name)).size, wire.length);
      }),
      { numRuns: 40 },
    );
  });
}

test('flattened and JSON text mean the same', () => {
  fc.assert(
    fc.property(context, (pairs) => {
      const flat = Object.entries(pairs).map(([key, value]) => [`EncryptionContext.${key}`, value]);
      const wire = { KeyId: 'k', Plaintext: 'p', ...Object.fromEntries(flat) };
      assert.deepEqual(read('Encrypt', wire).EncryptionContext, flat.length > 0 ? pairs : undefined);
    }),
  );
  const flat = {
    'Filters.1.Key': 'KeyState',
    'Filters.1.Values.1': 'Enabled',
    'Filters.1.Values.2': 'Disabled',
  };
  const whole = { Filters: '[{"Key":"KeyState","Values":["Enabled","Disabled"]}]' };
  assert.deepEqual(read('ListKeys', flat), read('ListKeys', whole));
  assert.deepEqual(read('UntagResource', { KeyId: 'k', 'TagKeys.2': 'b', 'TagKeys.1': 'a' }).TagKeys, [
    'a',
    'b',
  ]);
});

test('no input makes anything but values or an ApiError', () => {
  const known = [
    ...new Set([...KMS.operations.values()].flatMap(({ request }) => Object.keys(request.shape))),
  ];
  const step = fc.constantFrom(
    '',
    '0',
    '1',
    '2',
    '01',
    '-1',
    '1001',
    'Key',
    'Value',
    '__proto__',
    'constructor',
  );
  const name = fc.oneof(
    fc
      .tuple(fc.constantFrom(...known), fc.array(step, { maxLength: 5 }))
      .map(([n, rest]) => [n, ...rest].join('.')),
    fc.string(),
  );
  const value = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.json(),
    fc.constantFrom('', '1', 'true', 'key', '[', '{}', '[]', 'null', '{"__proto__":"x"}', '["\\ud800"]'),
    fc.constantFrom('['.repeat(8000), `${'[{"Key":'.repeat(1000)}1${'}]'.repeat(1000)}`),
  );
  const wires = fc.array(fc.tuple(name, value), { maxLength: 12 }).map((pairs) => new Map(pairs));
  fc.assert(
    fc.property(fc.constantFrom(...KMS.operations.values()), wires, ({ request }, wire) => {
      try {
        const values = readParameters(request, wire);
        assert.equal(Object.getPrototypeOf(values), Object.prototype);
      } catch (error) {
        assert.ok(error instanceof ApiError, String(error));
        assert.ok(['MissingParameter', 'InvalidParameter'].includes(error.code) || error.status < 500);
        assert.equal(error.cause, undefined);
      }
    }),
    { numRuns: 3000 },
  );
  assert.equal(Reflect.get({}, 'Key'), undefined);
});

// --- cases -----------------------------------------------------------------------------------------

test('a missing parameter is told before a wrong one', () => {
  refuses('ScheduleKeyDeletion', { PendingWindowInDays: 'x' }, 'MissingParameter', 'KeyId');
  refuses('Encrypt', { KeyId: 'x'.repeat(513) }, 'MissingParameter', 'Plaintext');
  refuses('TagResources', { ResourceType: 'key', 'Tag.1.Key': 'a' }, 'MissingParameter', 'ResourceId');
});

test('empty values of optional parameters count as absent, but for Description', () => {
  assert.deepEqual(read('CreateKey', { Description: '', Origin: '', Tags: '', Unknown: 'x' }), {
    Description: '',
  });
  assert.deepEqual(read('UpdateKeyDescription', { KeyId: 'k', Description: '' }).Description, '');
  refuses('DescribeKey', { KeyId: '' }, 'InvalidParameter', 'KeyId');
});

test('an encryption context holds text under text and nothing else', () => {
  const wire = { KeyId: 'k', Plaintext: 'p' };
  const wrong = [
    ...['x', '[]', '["a"]', 'null', '1', '"a"', '{', '{"a":1}', '{"a":null}', '{"a":{}}', '{"a":["b"]}'],
    ...['{"a":"\\ud800"}', '{"\\udc00":"a"}', '{"__proto__":"a"}', `{"a":"${'x'.repeat(8192)}"}`],
  ];
  for (const EncryptionContext of wrong) {
    refuses('Encrypt', { ...wire, EncryptionContext }, 'InvalidParameter', 'EncryptionContext');
  }
  for (const name of ['EncryptionContext.__proto__', 'EncryptionContext.\ud800']) {
    refuses('Encrypt', { ...wire, [name]: 'x' }, 'InvalidParameter', 'EncryptionContext');
  }
  const right = {
    '{}': {},
    '{"a":"\\ud83d\\ude00"}': { a: '😀' },
    '{"constructor":""}': { constructor: '' },
  };
  for (const [EncryptionContext, context] of Object.entries(right)) {
    assert.deepEqual(read('Encrypt', { ...wire, EncryptionContext }).EncryptionContext, context);
  }
});

test('a lone surrogate is refused wherever it stands', () => {
  refuses('UpdateKeyDescription', { KeyId: 'k', Description: '\ud800' }, 'InvalidParameter', 'Description');
  const Filters = '[{"Key":"AliasName","Values":["\\ud800"]}]';
  refuses('ListKeys', { Filters }, 'InvalidParameter', 'Filters');
});

test('the members of a list must fit together', () => {
  const rest = { ResourceType: 'key', 'Tag.1.Key': 'a' };
  const wrong = [
    { 'ResourceId.2': 'k' },
    { 'ResourceId.0': 'k' },
    { 'ResourceId.01': 'k' },
    { 'ResourceId.': 'k' },
    { 'ResourceId.1': 'k', 'ResourceId.3': 'k' },
    { 'ResourceId.1': 'k', 'ResourceId.1.Key': 'k' },
    { 'ResourceId.1.Key': 'k', 'ResourceId.1': 'k' },
    { 'ResourceId.1.2.3.4': 'k' },
    { 'ResourceId.1': 'k', 'ResourceId.__proto__': 'k' },
    { ResourceId: '["k"]', 'ResourceId.1': 'k' },
    Object.fromEntries(Array.from({ length: 51 }, (_, index) => [`ResourceId.${index + 1}`, 'k'])),
  ];
  for (const wire of wrong) refuses('TagResources', { ...rest, ...wire }, 'InvalidParameter', 'ResourceId');
  assert.deepEqual(read('TagResources', { ...rest, ResourceId: '', 'ResourceId.1': 'k' }).ResourceId, ['k']);
});

test('at most 1000 flattened members are put together', () => {
  const contextOf = (size: number) => {
    const pairs = Array.from({ length: size }, (_, n) => [`EncryptionContext.${n.toString(36)}`, '']);
    return { KeyId: 'k', Plaintext: 'p', ...Object.fromEntries(pairs) };
  };
  assert.equal(Object.keys(read('Encrypt', contextOf(1000)).EncryptionContext ?? {}).length, 1000);
  refuses('Encrypt', contextOf(1001), 'InvalidParameter', 'EncryptionContext');
});
