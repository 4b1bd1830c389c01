import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { equalsIgnoringCase, foldAscii } from './fold.ts';
import { glob } from './glob.ts';
import { like } from './reference.ts';

const text = fc.string({
  unit: fc.constantFrom('a', 'b', '*', '?', '😀', 'é', '\u0301', '/'),
  maxLength: 80,
});

test('a glob matches as the slow reference does', () => {
  fc.assert(
    fc.property(text, text, (pattern, given) => {
      assert.equal(glob(pattern)(given), like(pattern, given));
    }),
    { numRuns: 3000 },
  );
});

test('a short glob matches as the slow reference does', () => {
  const short = fc.string({ unit: fc.constantFrom('a', 'a', '*', '?', '😀'), maxLength: 8 });
  fc.assert(
    fc.property(short, short, (pattern, given) => {
      assert.equal(glob(`*${pattern}*`)(given), like(`*${pattern}*`, given));
    }),
    { numRuns: 3000 },
  );
});

test('a glob made from the text matches it', () => {
  const wild = fc.array(
    fc.tuple(fc.string({ unit: fc.constantFrom('a', 'b', '😀') }), fc.constantFrom('*', '?', '')),
    { maxLength: 60 },
  );
  const filler = fc.infiniteStream(fc.string({ unit: fc.constantFrom('a', 'b', '😀'), maxLength: 5 }));
  fc.assert(
    fc.property(wild, filler, (parts, fillers) => {
      const pattern = parts.map(([literal, sign]) => literal + sign).join('');
      const given = parts
        .map(([literal, sign]) => {
          const filling: string = fillers.next().value;
          return literal + (sign === '*' ? filling : sign === '?' ? '😀' : '');
        })
        .join('');
      assert.ok(glob(pattern)(given), `${pattern} against ${given}`);
    }),
  );
});

const CASES: readonly (readonly [string, string, boolean])[] = [
  ['', '', true],
  ['', 'a', false],
  ['*', '', true],
  ['**', '\n', true],
  ['?', '', false],
  ['?', '😀', true],
  ['??', '😀', false],
  ['?*?', '😀', false],
  ['*?', '😀', true],
  ['a*a', 'a', false],
  ['ab*ba', 'aba', false],
  ['?*a?', 'aab', true],
  ['a*?c', 'abc', true],
  ['*ab*ab*', 'ab', false],
  ['*a?*a?*', 'ab', false],
  ['*?a*?a*', 'aba', false],
  ['key*', 'key/a/b', true],
  ['key/*', 'key', false],
  ['user/?', 'user/..', false],
  ['.', 'a', false],
  ['[a-z]+', '[a-z]+', true],
  ['A', 'a', false],
  ['é', 'e\u0301', false],
  ['k', '\u212a', false],
  ['\\*', '\\anything', true],
];

for (const [pattern, given, matches] of CASES) {
  test(`${JSON.stringify(pattern)} ${matches ? 'matches' : 'does not match'} ${JSON.stringify(given)}`, () => {
    assert.equal(glob(pattern)(given), matches);
  });
}

// A matcher that tries again after each failure would not come back from these in the life of the machine, or
// would for each take minutes.
const LONG = 'a'.repeat(100_000);
const HOSTILE: readonly (readonly [string, string, string, boolean])[] = [
  ['many stars', `${'*a'.repeat(3000)}b`, LONG, false],
  ['many stars before an inner part', `${'*a'.repeat(3000)}b*`, LONG, false],
  ['a long inner part', `*${'a'.repeat(3000)}b*`, LONG, false],
  ['a long inner part that is there', `*${'a'.repeat(3000)}*`, LONG, true],
  ['question marks inside', `*${'?a'.repeat(1500)}b*`, LONG, false],
  ['only question marks', `*${'?'.repeat(3000)}*`, LONG, true],
];

for (const [name, pattern, given, matches] of HOSTILE) {
  test(`a hostile glob is answered: ${name}`, () => assert.equal(glob(pattern)(given), matches));
}

test('ASCII folding changes A to Z and nothing else', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (given) => {
      const folded = Array.from(given, (c) => (c >= 'A' && c <= 'Z' ? c.toLowerCase() : c)).join('');
      assert.equal(foldAscii(given), folded);
    }),
  );
  assert.equal(foldAscii('KMS:\u212aİẞ'), 'kms:\u212aİẞ');
});

const SAME: readonly (readonly [string, string, boolean])[] = [
  ['Apollo', 'aPOLLO', true],
  ['k', '\u212a', true],
  ['\u212a', 'K', true],
  ['s', 'ſ', true],
  ['ß', 'ẞ', true],
  ['ß', 'ss', false],
  ['ß', 'SS', false],
  ['i', 'ı', false],
  ['I', 'ı', false],
  ['i', 'İ', false],
  ['ΣΑΣ', 'σας', true],
  ['É', 'é', true],
  ['É', 'E\u0301', false],
  ['a', 'а', false],
  ['ﬁ', 'fi', false],
  ['𐐀', '𐐨', true],
  ['', '', true],
  ['', 'a', false],
  ['a', 'a\n', false],
  ['.', 'a', false],
  ['*', 'a', false],
  ['a-b\n[^$](c)|{1}/\\', 'A-B\n[^$](C)|{1}/\\', true],
];

for (const [expected, given, same] of SAME) {
  test(`${JSON.stringify(expected)} and ${JSON.stringify(given)} are ${same ? '' : 'not '}equal ignoring case`, () => {
    assert.equal(equalsIgnoringCase(expected)(given), same);
  });
}

test('every text is equal to itself ignoring case, and to its ASCII upper case', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (given) => {
      assert.ok(equalsIgnoringCase(given)(given));
      assert.ok(equalsIgnoringCase(given)(given.replace(/[a-z]/g, (c) => c.toUpperCase())));
    }),
  );
});
