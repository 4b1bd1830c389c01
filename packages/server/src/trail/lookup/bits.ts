/** One bit for each line of a segment. */
export type Bits = Uint32Array<ArrayBuffer>;

export const wordsFor = (lines: number): number => (lines + 31) >>> 5;
export const newBits = (lines: number): Bits => new Uint32Array(wordsFor(lines));

export function setBit(bits: Bits, line: number): void {
  bits[line >>> 5] = (bits[line >>> 5] ?? 0) | (1 << (line & 31));
}

export function intersect(bits: Bits, other: Bits): void {
  for (let i = 0; i < bits.length; i++) bits[i] = (bits[i] ?? 0) & (other[i] ?? 0);
}

export function unite(bits: Bits, other: Bits): void {
  for (let i = 0; i < bits.length; i++) bits[i] = (bits[i] ?? 0) | (other[i] ?? 0);
}

/** The first set bit from `line` on, -1 where there is none. */
export function bitFrom(bits: Bits, line: number): number {
  for (let i = line >>> 5, mask = -1 << (line & 31); i < bits.length; i++, mask = -1) {
    const word = (bits[i] ?? 0) & mask;
    if (word !== 0) return i * 32 + 31 - Math.clz32(word & -word);
  }
  return -1;
}

/** The last set bit up to `line`, which may be -1; -1 where there is none. */
export function bitUpTo(bits: Bits, line: number): number {
  if (line < 0) return -1;
  for (let i = line >>> 5, mask = -1 >>> (31 - (line & 31)); i >= 0; i--, mask = -1) {
    const word = (bits[i] ?? 0) & mask;
    if (word !== 0) return i * 32 + 31 - Math.clz32(word);
  }
  return -1;
}
