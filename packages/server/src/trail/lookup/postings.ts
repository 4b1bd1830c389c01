import { type Bits, newBits, setBit, wordsFor } from './bits.ts';

/**
 * The lines of a term in a file: a length (4 bytes), whose highest bit says that a bitmap follows; else the
 * distances from line to line, seven bits a byte, the last byte of each below 128. Whichever is shorter.
 */
const BITMAP = 2 ** 31;
export const LENGTH_BYTES = 4;

/** `lines` ascend, `total` is how many lines the segment has. */
export function encodePostings(lines: readonly number[], total: number): Buffer {
  const distances: number[] = [];
  const bitmapBytes = 4 * wordsFor(total);
  let previous = -1;
  for (const line of lines) {
    let distance = line - previous;
    previous = line;
    for (; distance > 127; distance >>>= 7) distances.push((distance & 127) | 128);
    distances.push(distance);
    if (distances.length > bitmapBytes) return bitmap(lines, total);
  }
  return withLength(distances.length, Buffer.from(distances));
}

function bitmap(lines: readonly number[], total: number): Buffer {
  const bits = newBits(total);
  for (const line of lines) setBit(bits, line);
  return withLength(BITMAP + bits.byteLength, Buffer.from(bits.buffer));
}

function withLength(length: number, body: Buffer): Buffer {
  const head = Buffer.alloc(LENGTH_BYTES);
  head.writeUInt32LE(length);
  return Buffer.concat([head, body]);
}

/** Bytes of the body that a length announces. */
export const bodyBytes = (length: number): number => length % BITMAP;

export function decodePostings(length: number, body: Buffer, total: number): Bits {
  const bits = newBits(total);
  if (length >= BITMAP) {
    for (let i = 0; i < bits.length; i++) bits[i] = body.readUInt32LE(4 * i);
    return bits;
  }
  let line = -1;
  let distance = 0;
  let shift = 0;
  for (const byte of body) {
    distance |= (byte & 127) << shift;
    shift += 7;
    if (byte > 127) continue;
    line += distance;
    setBit(bits, line);
    distance = shift = 0;
  }
  return bits;
}
