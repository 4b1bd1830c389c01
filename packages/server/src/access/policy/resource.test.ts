import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { resourceOf, resourcePattern } from './resource.ts';

const matches = (pattern: string, resource: string): boolean | undefined =>
  resourcePattern(pattern)?.(resourceOf(resource));

const ACCOUNT = '1111222233334444';
const CONTAINER = `acs:kms:cn-hangzhou:${ACCOUNT}:key`;
const KEY = `${CONTAINER}/05754286-3ba2-4fa6-8d41-4323aca6a5f2`;
const ALIAS = `acs:kms:cn-hangzhou:${ACCOUNT}:alias/app`;

/** RAM document 3.3: pattern, container, key, alias. */
const CONSEQUENCES: readonly (readonly [string, boolean, boolean, boolean])[] = [
  ['acs:kms:*:*:key', true, false, false],
  ['acs:kms:*:*:key/*', false, true, false],
  ['acs:kms:*:*:key*', true, true, false],
  ['acs:kms:*:*:*', true, true, true],
  ['*', true, true, true],
  [`acs:kms:cn-hangzhou:${ACCOUNT}:key/*`, false, true, false],
  [`acs:kms:cn-beijing:${ACCOUNT}:key/*`, false, false, false],
];

for (const [pattern, container, key, alias] of CONSEQUENCES) {
  test(`${pattern} covers container, key, alias: ${container}, ${key}, ${alias}`, () => {
    assert.deepEqual(
      [CONTAINER, KEY, ALIAS].map((resource) => matches(pattern, resource)),
      [container, key, alias],
    );
  });
}

const CASES: readonly (readonly [string, string, boolean])[] = [
  // Region and account: empty and `*` mean any, on either side.
  ['acs:kms:::key/1', 'acs:kms:a:1:key/1', true],
  ['acs:kms:a:1:key/1', 'acs:kms:::key/1', true],
  ['acs:kms:a:1:key/1', 'acs:kms:*:*:key/1', true],
  ['acs:kms:cn-*:1:key/1', 'acs:kms:cn-beijing:1:key/1', true],
  ['acs:kms:cn-*:1:key/1', 'acs:kms:us-west-1:1:key/1', false],
  ['acs:kms:a:11?1:key/1', 'acs:kms:a:1111:key/1', true],
  ['acs:kms:a:1111:key/1', 'acs:kms:a:2222:key/1', false],
  ['acs:kms:CN:1:key/1', 'acs:kms:cn:1:key/1', false],
  // The service ignores the case of ASCII, the rest does not.
  ['acs:KMS:a:1:key/1', 'acs:kms:a:1:key/1', true],
  ['acs:\u212ams:a:1:key/1', 'acs:kms:a:1:key/1', false],
  ['acs:k*:a:1:key/1', 'acs:kms:a:1:key/1', true],
  ['acs::a:1:key/1', 'acs:kms:a:1:key/1', false],
  ['acs:kms:a:1:Key/1', 'acs:kms:a:1:key/1', false],
  ['acs:kms:a:1:key/é', 'acs:kms:a:1:key/e\u0301', false],
  ['acs:kms:a:1:key/а', 'acs:kms:a:1:key/a', false],
  // The relative part goes on to the end, slashes and colons included.
  ['acs:kms:a:1:alias/a:b', 'acs:kms:a:1:alias/a:b', true],
  ['acs:kms:a:1:alias/a', 'acs:kms:a:1:alias/a:b', false],
  ['acs:kms:a:1:alias/*', 'acs:kms:a:1:alias/a:b/c', true],
  ['acs:ram:*:1:user/*', 'acs:ram:*:1:user/a/b', true],
  ['acs:ram:*:1:user/a', 'acs:ram:*:1:user/a/b', false],
  ['acs:ram:*:1:user/b/../a', 'acs:ram:*:1:user/a', false],
  ['acs:ram:*:1:user/a', 'acs:ram:*:1:user/*', false],
  ['acs:kms:a:1:', 'acs:kms:a:1:key', false],
  // Fewer parts than an ARN: a glob over all of it.
  ['acs:kms:*', 'acs:kms:a:1:key/1', true],
  ['acs:*:key/1', 'acs:kms:a:1:key/1', true],
  ['ACS:kms:*', 'acs:kms:a:1:key/1', false],
  ['key/1', 'acs:kms:a:1:key/1', false],
  ['**', 'acs:kms:a:1:key/1', true],
  // An action without a resource needs `*`.
  ['acs:kms:*:*:*', '*', false],
  ['*', '*', true],
  ['acs:kms:a:1:key/1', 'arn:kms:a:1:key/1', false],
];

for (const [pattern, resource, wanted] of CASES) {
  test(`${pattern} ${wanted ? 'matches' : 'does not match'} ${resource}`, () => {
    assert.equal(matches(pattern, resource), wanted);
  });
}

test('a pattern in the form of an ARN, of another scheme, is none', () => {
  for (const pattern of ['arn:aws:kms:us-east-1:1:key/1', '*:kms:*:*:key', ':kms:*:*:key']) {
    assert.equal(resourcePattern(pattern), undefined);
  }
});

test('an ARN matches itself, and no pattern for it matches a longer relative part', () => {
  const name = fc.string({ unit: fc.constantFrom('a', 'B', '/', ':', '.', 'é', '1'), minLength: 1 });
  fc.assert(
    fc.property(name, name, (relative, more) => {
      const arn = `acs:kms:cn-hangzhou:1111:${relative}`;
      assert.equal(matches(arn, arn), true);
      assert.equal(matches(arn, arn + more), false);
      assert.equal(matches(`${arn}*`, arn + more), true);
    }),
  );
});
