import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { PRODUCTS } from '@keyhold/api/contract.ts';
import { ERRORS } from '@keyhold/api/errors.ts';
import { KMS } from '@keyhold/api/kms/product.ts';
import { KEY_STATES } from '@keyhold/server/keys/key-states.ts';
import { HANDLERS } from '@keyhold/server/operations/handlers.ts';

const all = PRODUCTS.flatMap(({ name, operations }) =>
  [...operations.values()].map((operation) => ({ product: name, operation })),
);
const folder = new URL('../packages/server/src/operations/', import.meta.url);
const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) =>
  file.endsWith('.ts'),
);
const kebab = (action: string): string =>
  action.replace(/(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])/g, '-').toLowerCase();
/** Those of KMS have the folders that the others have not. */
const OTHERS = /^(ram|sts|ims|actiontrail)\//;
const isOf = (product: string, file: string) =>
  product === 'Kms' ? !OTHERS.test(file) : file.startsWith(`${product.toLowerCase()}/`);

test('every operation of the contract has its handler, and there are no others', () => {
  for (const { product, operation } of all) {
    assert.equal(HANDLERS.get(operation)?.operation, operation, `${product} ${operation.action}`);
  }
  assert.equal(HANDLERS.size, all.length);
});

test('every operation is one file, named after it', () => {
  for (const { product, operation } of all) {
    const name = `${kebab(operation.action)}.ts`;
    const [file, ...others] = files.filter((path) => isOf(product, path) && path.split('/').at(-1) === name);
    assert.ok(file && others.length === 0, `${product} ${operation.action} is ${name}`);
    const source = readFileSync(new URL(file, folder), 'utf8');
    const handled = [...source.matchAll(/\bhandler\(\s*(\w+)/g)].map(([, handled]) => handled);
    assert.deepEqual(handled, [operation.action], file);
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
      assert.doesNotMatch(name, /plaintext|ciphertext|secret|password|material(?!Expire)/i, action);
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
