import { createCipheriv, createHmac } from 'node:crypto';

/**
 * HKDF-SHA-256 and AES-CMAC, for derivations that put what they derive from into a form of their own, so that they
 * can be given no published vector: these here can, and derivations are compared with them.
 */

const hmac = (key: Uint8Array, ...parts: readonly Uint8Array[]): Buffer =>
  createHmac('sha256', key).update(Buffer.concat(parts)).digest();

/** RFC 5869. */
export function hkdf(ikm: Uint8Array, salt: Uint8Array, info: Uint8Array, size: number): Buffer {
  if (size > 255 * 32) throw new RangeError('HKDF gives at most 255 blocks');
  const prk = hmac(salt, ikm);
  const blocks: Buffer[] = [];
  while (blocks.length * 32 < size) {
    blocks.push(hmac(prk, blocks.at(-1) ?? Buffer.alloc(0), info, Uint8Array.of(blocks.length + 1)));
  }
  return Buffer.concat(blocks).subarray(0, size);
}

/** RFC 4493, on numbers of 128 bits. */
export function cmac(key: Uint8Array, message: Uint8Array): Buffer {
  const ecb = createCipheriv(`aes-${key.length * 8}-ecb`, key, null).setAutoPadding(false);
  const encrypt = (block: bigint): bigint => number(ecb.update(bytes(block)));
  const k1 = doubled(encrypt(0n));
  const whole = message.length > 0 && message.length % 16 === 0;
  const padded = whole ? message : Buffer.concat([message, Uint8Array.of(0x80), Buffer.alloc(15)]);
  const end = padded.length - (padded.length % 16);
  let state = 0n;
  for (let at = 0; at < end; at += 16) {
    const last = at + 16 === end ? (whole ? k1 : doubled(k1)) : 0n;
    state = encrypt(state ^ number(padded.subarray(at, at + 16)) ^ last);
  }
  return bytes(state);
}

const number = (block: Uint8Array): bigint => BigInt(`0x${Buffer.from(block).toString('hex')}`);
const bytes = (block: bigint): Buffer => Buffer.from(block.toString(16).padStart(32, '0'), 'hex');
const doubled = (block: bigint): bigint =>
  BigInt.asUintN(128, block << 1n) ^ (block >> 127n === 1n ? 0x87n : 0n);
