/** Crockford's base 32: no I, L, O or U, so that a share can be read out and written down. */
const DIGITS = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
/** What people write for these. */
const ALIKE: Readonly<Record<string, string>> = { I: '1', L: '1', O: '0' };
/** Digits of a group that carry data, and one that checks them. */
const CARRIED = 4;
const GROUP = CARRIED + 1;
const CARRIED_BITS = 20;

/** The bytes, a multiple of 5, in groups of five digits. */
export function groupsOf(bytes: Uint8Array): readonly string[] {
  const bits = Array.from(bytes, (byte) => byte.toString(2).padStart(8, '0')).join('');
  return Array.from({ length: bits.length / CARRIED_BITS }, (_, group) => {
    const carried = Array.from({ length: CARRIED }, (_, at) =>
      Number.parseInt(bits.slice(group * CARRIED_BITS + at * 5, group * CARRIED_BITS + at * 5 + 5), 2),
    );
    return [...carried, check(group, carried)].map((value) => DIGITS[value]).join('');
  });
}

/** What was not written by `groupsOf`: which groups, from 1, are not; digits are never quoted. */
export class Mistyped extends Error {
  override readonly name = 'Mistyped';
}

/** Of text in which spaces, hyphens and line ends mean nothing. Throws `Mistyped`. */
export function bytesOf(text: string, length: number): Buffer {
  const digits = digitsIn(text);
  const expected = (length * 8 * GROUP) / CARRIED_BITS;
  if (digits.length !== expected) {
    throw new Mistyped(`it has ${digits.length} letters and digits; a share has ${expected}`);
  }
  const values = Array.from(digits, (digit) => DIGITS.indexOf(ALIKE[digit] ?? digit));
  const groups = Array.from({ length: expected / GROUP }, (_, at) =>
    values.slice(at * GROUP, (at + 1) * GROUP),
  );
  const wrong = groups.flatMap((group, at) => (isWhole(at, group) ? [] : [at + 1]));
  if (wrong.length > 0) {
    throw new Mistyped(
      `group${wrong.length > 1 ? 's' : ''} ${wrong.join(', ')} of ${groups.length} mistyped`,
    );
  }
  const bits = groups
    .flatMap((group) => group.slice(0, CARRIED))
    .map((value) => value.toString(2).padStart(5, '0'));
  return Buffer.from(
    bits
      .join('')
      .match(/.{8}/g)
      ?.map((byte) => Number.parseInt(byte, 2)) ?? [],
  );
}

/** Letters and digits of a text, in capitals. */
export const digitsIn = (text: string): string => text.toUpperCase().replace(/[\s-]/g, '');

function isWhole(place: number, group: readonly number[]): boolean {
  return group.every((value) => value >= 0) && check(place, group.slice(0, CARRIED)) === group[CARRIED];
}

/**
 * A polynomial over GF(32) in the group's place and its digits, at a generator of the field: one wrong digit, two
 * swapped, and two groups swapped always show.
 */
function check(place: number, carried: readonly number[]): number {
  return [place + 1, ...carried].reduce((sum, value) => double(sum ^ value), 0);
}

/** Modulo x^5 + x^2 + 1. */
const double = (value: number): number => ((value << 1) & 31) ^ (value & 16 ? 5 : 0);
