import { createCipheriv, createHash, createHmac } from 'node:crypto';

const sha256 = (...parts: readonly (string | Uint8Array)[]): Buffer =>
  parts.reduce((hash, part) => hash.update(part), createHash('sha256')).digest();
const block = (key: Uint8Array, input: Uint8Array): Buffer => {
  const cipher = createCipheriv(`aes-${key.length * 8}-ecb`, key, null).setAutoPadding(false);
  return cipher.update(input);
};
const xor = (a: Uint8Array, b: Uint8Array): Buffer => Buffer.from(a.map((byte, i) => byte ^ (b[i] ?? 0)));

/** The derivation written out block by block: what tokens must agree with when the key is known. */
function derived(key: Uint8Array, label: string, data: Uint8Array): Buffer {
  const input = sha256(label, data);
  const first = block(key, input.subarray(0, 16));
  return Buffer.concat([first, block(key, xor(first, input.subarray(16)))]);
}

export const oracle = {
  seal(key: Uint8Array, seed: Uint8Array, nonce: Uint8Array, aad: Uint8Array, plaintext: Uint8Array): Buffer {
    const messageKey = derived(key, 'keyhold token message key v1:', seed);
    const cipher = createCipheriv('aes-256-gcm', messageKey, nonce).setAAD(aad);
    return Buffer.concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
  },
  mac(key: Uint8Array, label: string, data: Uint8Array): Buffer {
    return createHmac('sha256', derived(key, label, data))
      .update(label)
      .digest();
  },
};
