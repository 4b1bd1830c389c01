import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApiError } from '@keyhold/api/errors.ts';
import type { Pair } from '@keyhold/api/signature/canonical-query.ts';
import { canonicalQuery, sortByName } from '@keyhold/api/signature/canonical-query.ts';
import fc from 'fast-check';
import { parseForm } from './form.ts';

const wellFormed = fc.string({ unit: 'binary' }).map((text) => text.toWellFormed());
const somePairs = fc.uniqueArray(fc.tuple(wellFormed, wellFormed), { selector: ([name]) => name });

test('reading inverts writing', () => {
  fc.assert(
    fc.property(somePairs, (pairs) => {
      const [first] = pairs;
      fc.pre(!(pairs.length === 1 && first?.join('') === ''));
      assert.deepEqual(parseForm(canonicalQuery(pairs)), sortByName([...pairs]));
    }),
  );
});

test('reads what browsers write', () => {
  fc.assert(
    fc.property(somePairs, (pairs) => {
      const written = new URLSearchParams(pairs.map(([name, value]) => [name, value])).toString();
      assert.deepEqual(parseForm(written), sortByName([...pairs]));
    }),
  );
});

const READ: readonly (readonly [text: string, pairs: readonly Pair[]])[] = [
  ['', []],
  ['&&', []],
  ['a', [['a', '']]],
  ['=', [['', '']]],
  [
    'b=1&&a=2&',
    [
      ['a', '2'],
      ['b', '1'],
    ],
  ],
  ['a=b=c', [['a', 'b=c']]],
  ['a+b=c+%2b%2B', [['a b', 'c ++']]],
  ['a=%e6%b5%8b', [['a', '测']]],
  ['a=\xe6\xb5\x8b', [['a', '测']]],
  ['a=\xe6%b5\x8b', [['a', '测']]],
  ['a=%EF%BB%BFb', [['a', '\ufeffb']]],
  [
    'plain=1&escaped=%20&plain2=2',
    [
      ['escaped', ' '],
      ['plain', '1'],
      ['plain2', '2'],
    ],
  ],
];

for (const [text, pairs] of READ) {
  test(`reads ${JSON.stringify(text)}`, () => assert.deepEqual(parseForm(text), pairs));
}

const UNREADABLE = [
  'a=%',
  'a=%4',
  'a=%zz',
  '%',
  'a=%ff',
  'a=%c0%80',
  'a=%ed%a0%80',
  'a=%e6%b5',
  'a=\xe6',
  'a=\u6d4b%41',
];

for (const text of UNREADABLE) {
  test(`cannot read ${JSON.stringify(text)}`, () => {
    assert.throws(() => parseForm(text), { code: 'ParseRequestParameterException', status: 400 });
  });
}

test('a name that repeats is refused, however it is spelled', () => {
  assert.throws(() => parseForm('a=1&b=2&%61=1'), { code: 'InvalidParameter' });
});

test('takes 1000 parameters and no more', () => {
  const some = (count: number) => Array.from({ length: count }, (_, i) => `p${i}=`).join('&');
  assert.equal(parseForm(some(1000)).length, 1000);
  assert.throws(() => parseForm(some(1001)), { code: 'ParseRequestParameterException' });
});

test('any bytes are read or refused, never anything else', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...'a%+&=4c\xc3\xa9\u6d4b\ud800') }), (text) => {
      try {
        for (const [name, value] of parseForm(text)) assert.ok(name.isWellFormed() && value.isWellFormed());
      } catch (error) {
        assert.ok(error instanceof ApiError, String(error));
      }
    }),
  );
});
