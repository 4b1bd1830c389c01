import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { writeHeapSnapshot } from 'node:v8';
import { decryptBytes, encryptBytes } from '@keyhold/client/envelope/bytes.ts';
import { decryptFile } from '@keyhold/client/envelope/file/decrypt-file.ts';
import { encryptFile } from '@keyhold/client/envelope/file/encrypt-file.ts';
import { DataKeyCache } from '@keyhold/client/envelope/keys/data-key-cache.ts';
import type { DataKeys } from '@keyhold/client/envelope/keys/data-keys.ts';
import { CMK } from '@keyhold/client/envelope/test-kit/memory-kms.ts';

/**
 * Encrypts and decrypts in every way, writes a heap snapshot, tells the data key in a masked form and waits to be
 * looked into.
 */
const [directory = '', keep = ''] = process.argv.slice(2);
const masked = randomBytes(32);

/** What KMS answers. The key is in the clear for no longer than here. */
function answer() {
  const key = Buffer.from(new ArrayBuffer(32));
  for (let i = 0; i < 32; i++) key[i] = (masked[i] ?? 0) ^ 0x5a;
  const Plaintext = key.toString('base64');
  if (keep === 'bytes') kept.push(Buffer.from(key));
  if (keep === 'text') kept.push(Plaintext);
  key.fill(0);
  return { KeyId: 'key-one', KeyVersionId: 'v', Plaintext, CiphertextBlob: 'AAAA' };
}
const kept: unknown[] = [];
const kms: DataKeys = {
  GenerateDataKey: async () => answer(),
  Encrypt: async () => answer(),
  Decrypt: async () => answer(),
};

async function work(): Promise<void> {
  const write = { connect: () => kms, cmks: [CMK] };
  const read = { connect: () => kms, allow: [CMK] };
  using cache = new DataKeyCache();
  const file = await encryptBytes(Buffer.alloc(100_000), { ...write, cache });
  await decryptBytes(file, { ...read, cache });
  const [plain = '', sealed = '', opened = ''] = ['plain', 'sealed', 'opened'].map((name) =>
    join(directory, name),
  );
  writeFileSync(plain, Buffer.alloc(100_000));
  await encryptFile(plain, sealed, { ...write, sync: false });
  await decryptFile(sealed, opened, { ...read, sync: false });
}
await work();
for (let i = 0; i < 5; i++) {
  globalThis.gc?.();
  await setTimeout(10);
}
writeHeapSnapshot(join(directory, 'heap'));
process.stdout.write(masked.toString('hex'));
await once(process.stdin, 'data');
process.exit(kept.length > 100 ? 1 : 0);
