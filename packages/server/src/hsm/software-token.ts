import {
  constants,
  createCipheriv,
  createDecipheriv,
  createHmac,
  generateKeyPair,
  type KeyObject,
  privateDecrypt,
  randomBytes,
} from 'node:crypto';
import { promisify } from 'node:util';
import { SecretBytes } from '../secret-bytes.ts';
import { DERIVATION_IV, derivationData, type MacPurpose, macMessage, type Purpose } from './derivation.ts';
import { pkcs1Message } from './pkcs1-message.ts';
import {
  type ImportAlgorithm,
  type KeyBits,
  requireLabel,
  requireMessage,
  TAG_BYTES,
  type Token,
  TokenRefused,
  TokenUnavailable,
  type WrappingBits,
} from './token.ts';

const newPair = promisify(generateKeyPair);

type Held =
  | { readonly kind: 'key'; readonly material: SecretBytes }
  | { readonly kind: 'pair'; readonly privateKey: KeyObject };

/** The same token in this process's memory, byte for byte: what PKCS#11 tokens are compared with. */
export function softwareToken(): Token {
  const held = new Map<string, Held>();
  let closed = false;
  /** Everything answers later, in order, as a token does. */
  const call = async <T>(work: () => T | Promise<T>): Promise<T> => {
    await undefined;
    if (closed) throw new TokenUnavailable('the token is closed');
    return work();
  };
  const free = (label: string): void => {
    requireLabel(label);
    if (held.has(label)) throw new TokenRefused('label-taken', `the token has a key "${label}" already`);
  };
  const material = (label: string): Uint8Array => {
    const found = held.get(label);
    if (found?.kind !== 'key') throw new TokenRefused('no-such-key', `the token has no key "${label}"`);
    return found.material.open();
  };
  const mac = (label: string, purpose: MacPurpose, data: Uint8Array): Buffer => {
    using key = derive(material(label), purpose, data);
    return createHmac('sha256', key.open()).update(macMessage(purpose)).digest();
  };

  return {
    source: 'the software token',
    makeKey: (label, bits) =>
      call(() => {
        free(label);
        held.set(label, { kind: 'key', material: new SecretBytes(randomBytes(bits / 8)) });
      }),
    commitment: (label, seed) => call(() => mac(label, 'commitment', seed)),
    fingerprint: (label, binding) => call(() => mac(label, 'fingerprint', binding)),
    seal: (label, seed, nonce, aad, plaintext) =>
      call(() => {
        requireMessage(seed, nonce);
        using key = derive(material(label), 'message', seed);
        const cipher = createCipheriv('aes-256-gcm', key.open(), nonce, { authTagLength: TAG_BYTES });
        cipher.setAAD(aad);
        return Buffer.concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
      }),
    open: (label, seed, nonce, aad, sealed) =>
      call(() => {
        requireMessage(seed, nonce);
        using key = derive(material(label), 'message', seed);
        return openGcm(key.open(), nonce, aad, sealed);
      }),
    makeWrappingPair: (label, bits) =>
      call(async () => {
        free(label);
        const { publicKey, privateKey } = await newPair('rsa', {
          modulusLength: bits satisfies WrappingBits,
        });
        free(label);
        held.set(label, { kind: 'pair', privateKey });
        return publicKey.export({ format: 'der', type: 'spki' });
      }),
    importKey: (label, bits, { pair, algorithm, encrypted }) =>
      call(() => {
        const found = held.get(pair);
        if (found?.kind !== 'pair') throw new TokenRefused('no-such-key', `the token has no pair "${pair}"`);
        free(label);
        held.set(label, { kind: 'key', material: decrypt(found.privateKey, algorithm, encrypted, bits) });
      }),
    destroy: (label) =>
      call(() => {
        const found = held.get(label);
        if (found?.kind === 'key') found.material.wipe();
        held.delete(label);
      }),
    list: (prefix) => call(() => [...held.keys()].filter((label) => label.startsWith(prefix)).toSorted()),
    random: (bytes) => call(() => randomBytes(bytes)),
    health: () => ({ up: !closed, problem: closed ? 'closed' : undefined, losses: 0, waiting: 0 }),
    async close() {
      closed = true;
      for (const entry of held.values()) if (entry.kind === 'key') entry.material.wipe();
      held.clear();
    },
  };
}

function derive(material: Uint8Array, purpose: Purpose, data: Uint8Array): SecretBytes {
  const cipher = createCipheriv(`aes-${material.length * 8}-cbc`, material, DERIVATION_IV);
  return new SecretBytes(cipher.update(derivationData(purpose, data)));
}

function openGcm(
  key: Uint8Array,
  nonce: Uint8Array,
  aad: Uint8Array,
  sealed: Uint8Array,
): Buffer | undefined {
  if (sealed.length < TAG_BYTES) return undefined;
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES });
  decipher.setAAD(aad);
  decipher.setAuthTag(sealed.subarray(-TAG_BYTES));
  const plaintext = decipher.update(sealed.subarray(0, -TAG_BYTES));
  try {
    decipher.final();
    return plaintext;
  } catch {
    plaintext.fill(0);
    return undefined;
  }
}

function decrypt(
  key: KeyObject,
  algorithm: ImportAlgorithm,
  encrypted: Uint8Array,
  bits: KeyBits,
): SecretBytes {
  const material = decrypted(key, algorithm, encrypted);
  if (material?.length === bits / 8) return new SecretBytes(material);
  material?.fill(0);
  throw new TokenRefused('bad-material', `the material is not a key of ${bits} bits for this pair`);
}

function decrypted(
  key: KeyObject,
  algorithm: ImportAlgorithm,
  encrypted: Uint8Array,
): Uint8Array | undefined {
  try {
    if (algorithm !== 'RSAES_PKCS1_V1_5') {
      const oaepHash = algorithm === 'RSAES_OAEP_SHA_1' ? 'sha1' : 'sha256';
      return privateDecrypt({ key, oaepHash, padding: constants.RSA_PKCS1_OAEP_PADDING }, encrypted);
    }
    const encoded = privateDecrypt({ key, padding: constants.RSA_NO_PADDING }, encrypted);
    const message = pkcs1Message(encoded);
    const copy = message && Uint8Array.from(message);
    encoded.fill(0);
    return copy;
  } catch {
    return undefined;
  }
}
