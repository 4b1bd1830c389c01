import assert from 'node:assert/strict';
import { test } from 'node:test';
import { evaluate } from './evaluate.ts';
import { parsePolicy } from './parse.ts';

/** Where policy engines have gone wrong before: the list in docs/security.md, one test each. */

type Condition = Readonly<Record<string, Readonly<Record<string, string>>>>;

const policyOf = (Action: string, Resource = '*', Condition: Condition = {}) =>
  JSON.stringify({ Version: '1', Statement: [{ Effect: 'Allow', Action, Resource, Condition }] });

function allows(document: string, action: string, resource: string, tag?: string): boolean {
  const request = {
    action,
    resource,
    principal: { type: 'ram-user', accountId: '1', userName: 'ann' },
    context: () => tag,
  } as const;
  return evaluate([{ name: 'p', policy: parsePolicy(document, 'identity') }], request).decision === 'Allow';
}

const KEY = 'acs:kms:cn-hangzhou:1:key/Ab';

test('case folding: actions without regard to case, but only that of ASCII; ids and tag keys exactly', () => {
  assert.ok(allows(policyOf('kms:ENCRYPT'), 'kms:Encrypt', KEY));
  for (const action of ['\u212Ams:Encrypt', 'kms:li\u017Ft*']) {
    assert.throws(
      () => parsePolicy(policyOf(action), 'identity'),
      { name: 'PolicyError' },
      'no letter of ASCII',
    );
  }
  assert.ok(!allows(policyOf('*', KEY.toLowerCase()), 'kms:Encrypt', KEY));
  const tagged = policyOf('*', '*', { StringEqualsIgnoreCase: { 'kms:tag/P': 'stra\u00dfe' } });
  assert.ok(!allows(tagged, 'kms:Encrypt', KEY, 'STRASSE'), 'folding never changes the length');
});

test('`*` in what is asked about is a character, not a pattern', () => {
  for (const operator of ['StringEquals', 'StringEqualsIgnoreCase', 'StringLike']) {
    const tagged = policyOf('*', '*', { [operator]: { 'kms:tag/P': 'Apollo' } });
    for (const tag of ['*', 'Ap*', '?pollo'])
      assert.ok(!allows(tagged, 'kms:Encrypt', KEY, tag), `${operator} ${tag}`);
  }
  assert.ok(!allows(policyOf('kms:Encrypt'), 'kms:*', KEY));
  assert.ok(!allows(policyOf('*', KEY), 'kms:Encrypt', 'acs:kms:cn-hangzhou:1:key/*'));
  const equal = policyOf('*', '*', { StringEquals: { 'kms:tag/P': 'Ap*' } });
  assert.ok(!allows(equal, 'kms:Encrypt', KEY, 'Apollo'), 'StringEquals has no patterns');
});

test('path-like names are not resolved', () => {
  const alias = (name: string) => `acs:kms:cn-hangzhou:1:alias/${name}`;
  assert.ok(!allows(policyOf('*', alias('b')), 'kms:CreateAlias', alias('a/../b')));
  assert.ok(!allows(policyOf('*', alias('b')), 'kms:CreateAlias', alias('./b')));
  assert.ok(!allows(policyOf('*', alias('b')), 'kms:CreateAlias', alias('b/')));
  assert.ok(!allows(policyOf('*', alias('b')), 'kms:CreateAlias', alias('%62')));
  assert.ok(
    allows(policyOf('*', alias('a/*')), 'kms:CreateAlias', alias('a/../b')),
    'as a text it begins so',
  );
});

test('letters that only look alike are other letters', () => {
  assert.ok(
    !allows(
      policyOf('*', 'acs:kms:*:1:alias/\u0430pp'),
      'kms:CreateAlias',
      'acs:kms:cn-hangzhou:1:alias/app',
    ),
  );
  const tagged = policyOf('*', '*', { StringEqualsIgnoreCase: { 'kms:tag/P': 'Apollo' } });
  for (const tag of ['\u0391pollo', 'Apo\u200bllo', 'Apol\u1e37o', 'Ａpollo']) {
    assert.ok(!allows(tagged, 'kms:Encrypt', KEY, tag), tag);
  }
  const composed = policyOf('*', '*', { StringEquals: { 'kms:tag/P': '\u00e9' } });
  assert.ok(!allows(composed, 'kms:Encrypt', KEY, 'e\u0301'), 'nothing is normalised');
});

test('a member given twice is refused at every level, escaped or not', () => {
  const documents = [
    '{"Version":"1","Version":"1","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}',
    '{"Version":"1","Statement":[{"Effect":"Deny","Effect":"Allow","Action":"*","Resource":"*"}]}',
    '{"Version":"1","Statement":[{"Effect":"Deny","\\u0045ffect":"Allow","Action":"*","Resource":"*"}]}',
    '{"Version":"1","Statement":[{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"Bool":{"a:b":"true"},"Bool":{}}}]}',
    '{"Version":"1","Statement":[{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"Bool":{"a:b":"true","a:b":"false"}}}]}',
  ];
  for (const document of documents) {
    assert.throws(() => parsePolicy(document, 'identity'), { name: 'PolicyError' }, document);
  }
});

test('nesting is refused, not followed', () => {
  const deep = `{"Version":"1","Statement":${'['.repeat(3000)}${']'.repeat(3000)}}`;
  assert.throws(() => parsePolicy(deep, 'identity'), { name: 'PolicyError' });
  const huge = `{"Version":"1","Statement":${'['.repeat(16_000)}${']'.repeat(16_000)}}`;
  assert.throws(() => parsePolicy(huge, 'key'), { name: 'PolicyError' });
});
