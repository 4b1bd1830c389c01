import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { ERRORS } from '@keyhold/api/errors.ts';
import { KMS } from '@keyhold/api/kms/product.ts';
import { KEY_STATES } from '@keyhold/server/keys/key-states.ts';
import { HANDLERS } from '@keyhold/server/operations/handlers.ts';

const actions = [...KMS.operations.keys()].toSorted();
const operations = new URL('../packages/server/src/operations/', import.meta.url);
const files = readdirSync(operations, { recursive: true, encoding: 'utf8' }).filter((file) =>
  file.endsWith('.ts'),
);
const kebab = (action: string): string => action.replace(/(?<=[a-z])(?=[A-Z])/g, '-').toLowerCase();

test('every operation of the contract has its handler, and there are no others', () => {
  assert.deepEqual([...HANDLERS.keys()].toSorted(), actions);
  for (const [action, { operation }] of HANDLERS) assert.equal(operation, KMS.operations.get(action));
});

test('every operation is one file, named after it', () => {
  for (const action of actions) {
    const [file, ...others] = files.filter((name) => name.split('/').at(-1) === `${kebab(action)}.ts`);
    assert.ok(file && others.length === 0, `${action} is ${kebab(action)}.ts`);
    const source = readFileSync(new URL(file, operations), 'utf8');
    const handled = [...source.matchAll(/\bhandler\(\s*(\w+)/g)].map(([, name]) => name);
    assert.deepEqual(handled, [action], file);
  }
});

test('every operation that names a key says which states allow it', () => {
  const byKey = ['key', 'ciphertextKey', 'listedKeys'];
  for (const { action, grants } of KMS.operations.values()) {
    if (grants.some(({ resource }) => byKey.includes(resource.kind))) assert.ok(KEY_STATES[action], action);
  }
});

test('every operation is granted under its own name, and its errors are known ones', () => {
  for (const { action, grants, errors } of KMS.operations.values()) {
    for (const grant of grants) {
      assert.match(grant.action, new RegExp(`^kms:${action}(From|To)?$`));
      const { resource } = grant;
      const named = 'parameter' in resource ? [resource.parameter] : [];
      if ('alternative' in resource) named.push(resource.alternative);
      const { request } = KMS.operations.get(action) ?? assert.fail();
      for (const parameter of named) assert.ok(parameter in request.shape, `${action} has ${parameter}`);
    }
    for (const code of errors) assert.ok(code in ERRORS, code);
  }
});

test('the trail never keeps plaintext or ciphertext', () => {
  for (const { action, trail } of KMS.operations.values()) {
    for (const name of [...trail.request, ...trail.response]) {
      assert.doesNotMatch(name, /plaintext|ciphertext|secret|password|material(?!ExpireTime)/i, action);
    }
  }
});

test('what DescribeRegions may, nothing else may: no grant, no entry', () => {
  const free = [...KMS.operations.values()].filter(
    ({ grants, trail }) => grants.length === 0 || trail.unrecorded,
  );
  assert.deepEqual(
    free.map(({ action }) => action),
    ['DescribeRegions'],
  );
});
