import type { Encode } from './percent-encode.ts';
import { percentEncode } from './percent-encode.ts';

export type Pair = readonly [name: string, value: string];

/**
 * The canonicalised query string (wire protocol 1.4): pairs sorted by the bytes of the raw name, both sides
 * percent-encoded, an empty value as `Name=`. Names must not repeat.
 */
export const canonicalQuery = (pairs: Iterable<Pair>): string => joinEncoded(sortByName([...pairs]));

/** The same for pairs that are sorted already, with another encoding or separators where given. */
export function joinEncoded(
  sorted: readonly Pair[],
  encode: Encode = percentEncode,
  equals = '=',
  and = '&',
): string {
  let text = '';
  for (const [name, value] of sorted) {
    const separator = text === '' ? '' : and;
    text += `${separator}${encode(name)}${equals}${encode(value)}`;
  }
  return text;
}

/** Sorts in place by the bytes of the UTF-8 form of the name. */
export function sortByName(pairs: Pair[], compare: typeof compareUtf8 = compareUtf8): Pair[] {
  if (pairs.length > 32) return pairs.sort(([a], [b]) => compare(a, b));
  // Insertion: a request has a dozen parameters, and Array.prototype.sort costs three times as much there.
  for (let i = 1; i < pairs.length; i++) {
    const pair = pairs[i] as Pair;
    let to = i;
    for (; to > 0; to--) {
      const before = pairs[to - 1] as Pair;
      if (compare(before[0], pair[0]) <= 0) break;
      pairs[to] = before;
    }
    pairs[to] = pair;
  }
  return pairs;
}

/** As `compareUtf8`, for texts without astral characters only, and faster. */
export const compareCodeUnits = (a: string, b: string): number => (a > b ? 1 : a === b ? 0 : -1);

/** Negative, zero or positive, as the UTF-8 forms compare byte by byte. */
export function compareUtf8(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const left = a.charCodeAt(i);
    const right = b.charCodeAt(i);
    if (left !== right) return codePointRank(left) - codePointRank(right);
  }
  return a.length - b.length;
}

/** UTF-16 puts surrogates (astral characters) before U+E000 to U+FFFF; UTF-8 puts them after. */
function codePointRank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}
