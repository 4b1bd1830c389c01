import { open } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import type { WrappingAlgorithm } from '@keyhold/api/kms/import.ts';
import type { KeyMetadata } from '@keyhold/api/kms/key-metadata.ts';
import { copyOfSecret } from '@keyhold/client/envelope/keys/secret.ts';
import type { KmsClient } from '@keyhold/client/kms.ts';
import { KEY_SPECS } from '@keyhold/server/keys/key-specs.ts';
import { type ConnectionOptions, connectKms } from './call/connection.ts';
import { UsageError } from './exit-codes.ts';
import { visible } from './visible.ts';

/** PKCS #1 v1.5 is not among them: it cannot tell material from what became of it on the way. */
const HASHES: Partial<Record<WrappingAlgorithm, string>> = {
  RSAES_OAEP_SHA_256: 'SHA-256',
  RSAES_OAEP_SHA_1: 'SHA-1',
};

export interface ImportKeyOptions extends ConnectionOptions {
  readonly key: string;
  readonly materialFile: string;
  readonly expire?: string;
  readonly wrappingAlgorithm: string;
}

/** `keyhold import-key`: the whole way of material from a file into a key. */
export async function importKeyCommand(options: ImportKeyOptions): Promise<void> {
  const algorithm = readAlgorithm(options.wrappingAlgorithm);
  const KeyMaterialExpireUnix = readDate(options.expire);
  const client = connectKms(options);
  const { KeyMetadata: key } = await client.DescribeKey({ KeyId: options.key });
  const bytes = materialBytes(key);
  const material = await readMaterial(options.materialFile, bytes);
  try {
    await importMaterial(client, key.KeyId, algorithm, material, KeyMaterialExpireUnix);
  } finally {
    material.fill(0);
  }
  const { KeyMetadata: now } = await client.DescribeKey({ KeyId: key.KeyId });
  const until = now.MaterialExpireTime === '' ? 'never expires' : `expires at ${now.MaterialExpireTime}`;
  say(`Key ${now.KeyId} has its material and is ${now.KeyState}; the material ${until}.`);
  say('Keep the material in a safe place: the key takes no other, and nothing gives it back.');
}

async function importMaterial(
  client: KmsClient,
  KeyId: string,
  WrappingAlgorithm: WrappingAlgorithm,
  material: Uint8Array<ArrayBuffer>,
  KeyMaterialExpireUnix: number,
): Promise<void> {
  const asked = { KeyId, WrappingAlgorithm, WrappingKeySpec: 'RSA_2048' } as const;
  const { PublicKey, ImportToken } = await client.GetParametersForImport(asked);
  const algorithm = { name: 'RSA-OAEP', hash: HASHES[WrappingAlgorithm] ?? '' };
  const spki = new Uint8Array(Buffer.from(PublicKey, 'base64'));
  const publicKey = await crypto.subtle.importKey('spki', spki, algorithm, false, ['encrypt']);
  const wrapped = await crypto.subtle.encrypt(algorithm, publicKey, material);
  const EncryptedKeyMaterial = Buffer.from(wrapped).toString('base64');
  await client.ImportKeyMaterial({ KeyId, EncryptedKeyMaterial, ImportToken, KeyMaterialExpireUnix });
}

function readAlgorithm(text: string): WrappingAlgorithm {
  const algorithm = (Object.keys(HASHES) as WrappingAlgorithm[]).find((name) => name === text);
  if (algorithm !== undefined) return algorithm;
  throw new UsageError(`--wrapping-algorithm: ${Object.keys(HASHES).join(' or ')} is expected`);
}

/** Seconds since 1970; 0 for never. */
function readDate(text: string | undefined): number {
  if (text === undefined) return 0;
  const milliseconds = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d)?Z)?$/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(milliseconds)) {
    throw new UsageError('--expire: a date in UTC is expected, 2027-01-31 or 2027-01-31T12:00:00Z');
  }
  if (milliseconds <= Date.now()) throw new UsageError(`--expire: ${text} is past`);
  return milliseconds / 1000;
}

function materialBytes({ KeyId, KeySpec, Origin }: KeyMetadata): number {
  if (Origin !== 'EXTERNAL') {
    throw new UsageError(
      `key ${KeyId} has material of the server's own (its Origin is ${Origin}); only a key made with ` +
        '"keyhold call CreateKey --Origin EXTERNAL" takes material',
    );
  }
  const spec = KEY_SPECS.get(KeySpec);
  if (spec) return spec.materialBytes;
  throw new UsageError(`key ${KeyId} is of ${KeySpec}, which this command does not know`);
}

/** Exactly the raw bytes; a file of another length is no key, but often the text of one. */
async function readMaterial(path: string, bytes: number): Promise<Uint8Array<ArrayBuffer>> {
  const content = path === '-' ? await buffer(process.stdin) : await readFileOfOwner(path);
  try {
    if (content.length === bytes) return copyOfSecret(content);
    throw new UsageError(
      `--material-file: ${content.length} bytes, but the key takes exactly ${bytes} raw ones${advice(content, bytes)}`,
    );
  } finally {
    content.fill(0);
  }
}

function advice(content: Buffer, bytes: number): string {
  const text = content.toString('latin1').trim();
  if (new RegExp(`^[0-9A-Fa-f]{${bytes * 2}}$`).test(text))
    return '; it looks like hex: decode it, with xxd -r -p';
  if (text.length === Math.ceil(bytes / 3) * 4 && Buffer.from(text, 'base64').length === bytes) {
    return '; it looks like Base64: decode it, with base64 -d';
  }
  return content.length === bytes + 1 && content.at(-1) === 10
    ? '; the last one is a line feed too many'
    : '';
}

/** Longer than any key and any text of one. */
const MOST_BYTES = 1024;

async function readFileOfOwner(path: string): Promise<Buffer> {
  const failed = (error: Error) => {
    throw new UsageError(`--material-file: ${error.message}`);
  };
  await using file = await open(path).catch(failed);
  const { mode } = await file.stat();
  if ((mode & 0o077) !== 0) hint(`others on this machine may read ${path}; to stop that: chmod 600 ${path}`);
  const { buffer: content, bytesRead } = await file.read(Buffer.alloc(MOST_BYTES)).catch(failed);
  return content.subarray(0, bytesRead);
}

const say = (text: string) => process.stdout.write(`${visible(text)}\n`);
const hint = (text: string) => process.stderr.write(`${visible(`hint: ${text}`)}\n`);
