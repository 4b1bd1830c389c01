/**
 * The ciphertext blob once more, for tests: written from its layout alone, on WebCrypto, without a cache or an
 * epoch. The engine must agree with it.
 */

interface Names {
  readonly keyId: string;
  readonly keyVersionId: string;
}

type Context = Readonly<Record<string, string>>;

/**
 * The blob of `plaintext` under `material` (32 bytes), with a given salt (32) and nonce (12). `claimed` stands in
 * place of the commitment: what an attacker writes who wants a blob that opens under two keys.
 */
export async function slowSeal(
  material: Uint8Array,
  names: Names,
  salt: Uint8Array,
  nonce: Uint8Array,
  context: Context,
  plaintext: Uint8Array,
  claimed?: Uint8Array,
): Promise<Buffer> {
  const { key, commitment } = await derive(material, names, salt);
  const ids = Buffer.concat([uuid(names.keyId), uuid(names.keyVersionId)]);
  const header = Buffer.concat([Uint8Array.of(1, 1), ids, salt, nonce, claimed ?? commitment]);
  const additionalData = Buffer.concat([header, framed(context)]);
  const sealed = await crypto.subtle.encrypt(
    { name: 'AES-GCM', iv: own(nonce), additionalData },
    key,
    own(plaintext),
  );
  return Buffer.concat([header, new Uint8Array(sealed)]);
}

/** The plaintext of a blob; rejects where anything is wrong with it. */
export async function slowOpen(
  material: Uint8Array,
  names: Names,
  context: Context,
  blob: Uint8Array,
): Promise<Buffer> {
  const header = blob.subarray(0, 110);
  const [salt, iv, commitment] = [header.subarray(34, 66), header.subarray(66, 78), header.subarray(78)];
  const derived = await derive(material, names, salt);
  if (!derived.commitment.equals(commitment)) throw new Error('another key');
  const additionalData = Buffer.concat([header, framed(context)]);
  const algorithm = { name: 'AES-GCM', iv: own(iv), additionalData };
  return Buffer.from(await crypto.subtle.decrypt(algorithm, derived.key, own(blob.subarray(110))));
}

async function derive(material: Uint8Array, names: Names, salt: Uint8Array) {
  const label = Buffer.from('keyhold ciphertext v1\x01', 'latin1');
  const info = Buffer.concat([label, uuid(names.keyId), uuid(names.keyVersionId)]);
  const base = await crypto.subtle.importKey('raw', own(material), 'HKDF', false, ['deriveBits']);
  const algorithm = { name: 'HKDF', hash: 'SHA-256', salt: own(salt), info };
  const both = await crypto.subtle.deriveBits(algorithm, base, 512);
  const key = await crypto.subtle.importKey('raw', both.slice(0, 32), 'AES-GCM', false, [
    'encrypt',
    'decrypt',
  ]);
  return { key, commitment: Buffer.from(both, 32) };
}

/** Name, value, name, value, ... by name; before each its length in four bytes. Nothing for no pairs. */
function framed(context: Context): Buffer {
  const pairs = Object.entries(context).sort(([a], [b]) => (a < b ? -1 : 1));
  return Buffer.concat(
    pairs.flat().map((field) => {
      const bytes = Buffer.from(field);
      const length = [24, 16, 8, 0].map((shift) => (bytes.length >>> shift) & 255);
      return Buffer.concat([Uint8Array.from(length), bytes]);
    }),
  );
}

const uuid = (text: string): Buffer => Buffer.from(text.replaceAll('-', ''), 'hex');
/** WebCrypto's types want memory that is not shared. */
const own = (bytes: Uint8Array): Uint8Array<ArrayBuffer> => new Uint8Array(bytes);
