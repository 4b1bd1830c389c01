import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import * as z from 'zod';
import { KMS } from './product.ts';

/** What the vendor documents of one operation. */
interface Documented {
  readonly name: string;
  readonly request: readonly { readonly name: string; readonly required: boolean }[];
  readonly response: readonly { readonly name: string }[];
  readonly errors: readonly { readonly code: string }[];
  readonly ramAction: string | readonly string[] | null;
}

const vendor: readonly Documented[] = JSON.parse(
  readFileSync(new URL('../../../../test/vectors/kms-operations.json', import.meta.url), 'utf8'),
);
const served = vendor.flatMap((documented) => {
  const operation = KMS.operations.get(documented.name);
  return operation ? [{ documented, operation }] : [];
});

/** What the vendor has not. */
const OURS = ['ListKeyPolicies'];
const OUR_PARAMETERS = ['SetKeyPolicy BypassPolicyLockoutSafetyCheck'];

/** Documented names that the contract leaves out. */
const OMITTED: Readonly<Record<string, string>> = {
  'CreateKey KeyStorageMechanism': 'of hardware instances only, and there are no instances',
  'Decrypt Recipient': 'undocumented by the vendor; may be ignored',
  'Decrypt CiphertextForRecipient': 'answers Recipient',
  'GenerateDataKey Recipient': 'undocumented by the vendor; may be ignored',
  'GenerateDataKey CiphertextForRecipient': 'answers Recipient',
};

/** Where our idea of "required" differs. */
const REQUIRED_DIFFERS: Readonly<Record<string, string>> = {
  'ScheduleKeyDeletion PendingWindowInDays': 'optional before the newest SDK; default 30',
  'ImportKeyMaterial KeyMaterialExpireUnix': 'absence means never in the text, though newer schemas want it',
  'TagResources RegionId': 'a common parameter; the server has its own region',
  'UntagResources RegionId': 'a common parameter; the server has its own region',
  'ListTagResources RegionId': 'a common parameter; the server has its own region',
  'TagResources Tag[].Key': 'a tag without key means nothing',
  'ListTagResources Tag[].Key': 'a filter without key means nothing',
};

/** Documented codes that an operation of ours never answers, or that every operation does. */
const ERRORS_ELSEWHERE: Readonly<Record<string, string>> = {
  'InvalidAccessKeyId.NotFound': 'authentication, common to all',
  'Forbidden.NoPermission': 'authorisation, common to all',
  InternalFailure: 'common to all',
  ServiceUnavailableTemporary: 'common to all',
  'Rejected.Unavailable': 'of instance keys',
  'Forbidden.KeyPolicyUnSupported': 'every key may have a policy',
  'Forbidden.DKMSInstanceStateInvalid': 'of instances',
  'Rejected.ShareQuotaExceedLimit': 'of instances',
  'Forbidden.ResourceNotFound': 'of secrets and certificates',
  CreateLXOrderFailed: 'of billing',
  'Forbidden.NoRealNameAuthentication': 'of billing',
};
const NO_PARAMETERS = new Set(['DescribeRegions', 'DescribeAccountKmsStatus']);

/** The schemas a value passes through, down to the one that has members. */
function members(schema: unknown): { readonly inner: unknown; readonly list: boolean } {
  if (schema instanceof z.ZodOptional) return members(schema.unwrap());
  if (schema instanceof z.ZodCodec) return members(schema.def.out);
  if (schema instanceof z.ZodArray) return { inner: members(schema.element).inner, list: true };
  return { inner: schema, list: false };
}

/** Every member as the vendor's table writes it: `Keys.Key[].KeyId`. */
function* namesOf(schema: unknown, prefix = ''): Generator<{ name: string; required: boolean }> {
  if (!(schema instanceof z.ZodObject)) return;
  for (const [name, field] of Object.entries(schema.shape)) {
    const { inner, list } = members(field);
    const required = !(field instanceof z.ZodOptional);
    const path = `${prefix}${name}`;
    yield { name: path, required };
    if (list) yield { name: `${path}[]`, required };
    yield* namesOf(inner, `${path}${list ? '[]' : ''}.`);
  }
}

test('every operation of the vendor is served or refused by name, and none besides', () => {
  const known = [...KMS.operations.keys(), ...KMS.unsupported].sort();
  assert.deepEqual(known, [...vendor.map(({ name }) => name), ...OURS].sort());
  assert.equal(KMS.operations.size, 38);
});

test('every documented parameter is in the schema, as required as documented', () => {
  const unused = new Set(Object.keys(REQUIRED_DIFFERS));
  for (const { documented, operation } of served) {
    const ours = new Map([...namesOf(operation.request)].map(({ name, required }) => [name, required]));
    for (const { name, required } of documented.request) {
      const place = `${documented.name} ${name}`;
      if (OMITTED[place]) {
        assert.ok(!ours.has(name), `${place} is omitted and there`);
        continue;
      }
      assert.ok(ours.has(name), `${place} is not in the schema`);
      if (REQUIRED_DIFFERS[place]) unused.delete(place);
      assert.equal(ours.get(name) === required, !REQUIRED_DIFFERS[place], `${place}: required`);
    }
    const documentedNames = new Set(documented.request.map(({ name }) => name.replace(/\[\].*/, '')));
    for (const name of Object.keys(operation.request.shape)) {
      const place = `${documented.name} ${name}`;
      assert.ok(documentedNames.has(name) || OUR_PARAMETERS.includes(place), `${place} is not documented`);
    }
  }
  assert.deepEqual([...unused], []);
});

test('every documented member of an answer is in the schema, and none besides', () => {
  for (const { documented, operation } of served) {
    const ours = [...namesOf(operation.response)].map(({ name }) => name);
    const theirs = documented.response
      .map(({ name }) => name)
      .filter((name) => name !== 'RequestId' && !OMITTED[`${documented.name} ${name}`]);
    // One schema serves CreateKey and DescribeKey; the protection is DescribeKey's. LastUsedDate is our own.
    const shared = ours.filter(
      (name) => !/\.(DeletionProtection|LastUsedDate)/.test(name) || theirs.includes(name),
    );
    // A list `Keys.Key[]` is in our names with and without brackets.
    const found = shared.filter((name) => !shared.includes(`${name}[]`));
    assert.deepEqual(found.sort(), theirs.sort(), documented.name);
  }
});

test('every documented error is listed', () => {
  for (const { documented, operation } of served) {
    const listed = new Set<string>(operation.errors);
    for (const { code } of documented.errors) {
      if (code === 'InvalidParameter' && NO_PARAMETERS.has(documented.name)) continue;
      assert.ok(listed.has(code) || ERRORS_ELSEWHERE[code], `${documented.name} ${code}`);
    }
  }
});

test('the actions to be allowed are those of RAM', () => {
  for (const { documented, operation } of served) {
    const granted = [...new Set(operation.grants.map(({ action }) => action))];
    assert.deepEqual(granted, [documented.ramAction ?? []].flat(), documented.name);
  }
});

test('a resource rule names parameters of its own request', () => {
  for (const { operation } of served) {
    for (const { resource } of operation.grants) {
      for (const name of ['parameter', 'alternative']) {
        const parameter: unknown = Reflect.get(resource, name);
        if (parameter !== undefined) {
          assert.ok(String(parameter) in operation.request.shape, `${operation.action} ${parameter}`);
        }
      }
    }
  }
});

test('the trail keeps neither plaintext nor ciphertext, and the answers of writes alone', () => {
  for (const { operation } of served) {
    const { request, response, unrecorded } = operation.trail;
    for (const name of request) assert.ok(name in operation.request.shape, `${operation.action} ${name}`);
    for (const name of response) assert.ok(name in operation.response.shape, `${operation.action} ${name}`);
    assert.doesNotMatch(
      [...request, ...response].join(' '),
      /Plaintext|CiphertextBlob|EncryptedKeyMaterial|ImportToken|PublicKey/,
    );
    // What was issued is kept, but for the token and its public key (ActionTrail 4).
    const issued = operation.action === 'GetParametersForImport' ? ['KeyId', 'TokenExpireTime'] : [];
    if (operation.effect === 'read') assert.deepEqual(response, issued, operation.action);
    if (operation.effect === 'write') assert.deepEqual(response, Object.keys(operation.response.shape));
    assert.equal(unrecorded ?? false, operation.action === 'DescribeRegions');
  }
});

test('every parameter has a description, which is its help text', () => {
  for (const { operation } of served) {
    for (const [name, field] of Object.entries(operation.request.shape)) {
      const inner = field instanceof z.ZodOptional ? field.unwrap() : field;
      const description = field.description ?? (inner instanceof z.ZodType ? inner.description : undefined);
      assert.ok(description, `${operation.action} ${name}`);
      assert.ok(description.length <= 100, `${operation.action} ${name}: ${description.length} characters`);
    }
  }
});
