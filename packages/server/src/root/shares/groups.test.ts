import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { bytesOf, groupsOf, Mistyped } from './groups.ts';

const DIGITS = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const bytes = fc.uint8Array({ minLength: 45, maxLength: 45 });
const place = fc.nat({ max: 89 });
const replaced = (text: string, at: number, by: string) => text.slice(0, at) + by + text.slice(at + 1);
const refused = (text: string, group?: number) =>
  assert.throws(
    () => bytesOf(text, 45),
    (error: Error) => {
      assert.ok(error instanceof Mistyped);
      if (group !== undefined) assert.match(error.message, new RegExp(`\\b${group}\\b.* of 18 mistyped`));
      return true;
    },
  );

test('what was written is read, in small letters, with hyphens, and with I, L and O', () => {
  fc.assert(
    fc.property(bytes, (value) => {
      const groups = groupsOf(value);
      assert.ok(groups.length === 18 && groups.every((group) => /^[0-9A-HJKMNP-TV-Z]{5}$/.test(group)));
      for (const text of [groups.join(' '), groups.join('-').toLowerCase(), `\n ${groups.join('\r\n')}\n`]) {
        assert.deepEqual(new Uint8Array(bytesOf(text, 45)), value);
      }
      const careless = groups.join('').replaceAll('1', 'l').replaceAll('0', 'o');
      assert.deepEqual(new Uint8Array(bytesOf(careless, 45)), value);
      assert.deepEqual(new Uint8Array(bytesOf(careless.replaceAll('l', 'I'), 45)), value);
    }),
  );
});

test('one wrong digit always shows, and in which group', () => {
  fc.assert(
    fc.property(bytes, place, fc.constantFrom(...DIGITS, 'U', '*', 'é'), (value, at, digit) => {
      const text = groupsOf(value).join('');
      if (text[at] !== digit) refused(replaced(text, at, digit), Math.floor(at / 5) + 1);
    }),
  );
});

test('two digits of a group swapped show, and so do two groups, and one that is missing or there twice', () => {
  fc.assert(
    fc.property(bytes, fc.nat({ max: 17 }), fc.nat({ max: 17 }), fc.nat({ max: 3 }), (value, a, b, at) => {
      const groups = [...groupsOf(value)];
      const [one = '', two = ''] = [groups[a], groups[b]];
      const swapped = [...one];
      [swapped[at], swapped[at + 1]] = [swapped[at + 1] ?? '', swapped[at] ?? ''];
      if (swapped.join('') !== one) refused(groups.with(a, swapped.join('')).join(''), a + 1);
      if (one !== two) refused(groups.with(a, two).with(b, one).join(''));
      refused(groups.toSpliced(a, 1).join(''));
      refused(groups.toSpliced(a, 0, one).join(''));
    }),
  );
});

test('a refusal quotes nothing', () => {
  const text = groupsOf(Uint8Array.from({ length: 45 }, (_, at) => at * 7)).join('');
  for (const wrong of [replaced(text, 3, '*'), text.slice(1), `${text}A`]) {
    assert.throws(
      () => bytesOf(wrong, 45),
      (error: Error) => !/[A-Z0-9]{4}/.test(error.message),
    );
  }
});
