import { createHash } from 'node:crypto';
import { mkdirSync, openSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { decryptFile } from '@keyhold/client/envelope/file/decrypt-file.ts';
import { encryptFile } from '@keyhold/client/envelope/file/encrypt-file.ts';
import { decryptFiles } from '@keyhold/client/envelope/file/many/decrypt-files.ts';
import { encryptFiles } from '@keyhold/client/envelope/file/many/encrypt-files.ts';
import type { DataKeys } from '@keyhold/client/envelope/keys/data-keys.ts';

/** One piece of work of `envelope.ts`, in a process of its own so that its memory can be seen. */
export interface WorkResult {
  /** Of the work, without the start of the process. */
  readonly seconds: number;
  readonly maxRssMb: number;
}

const CMK = 'acs:kms:cn-hangzhou:1000000000000001:key/bench';
/** Knows one data key and answers at once: what is measured is not KMS. */
const answer = async () => ({
  KeyId: 'bench',
  KeyVersionId: 'v',
  Plaintext: createHash('sha256').update('bench').digest('base64'),
  CiphertextBlob: Buffer.alloc(180, 1).toString('base64'),
});
const kms: DataKeys = { GenerateDataKey: answer, Encrypt: answer, Decrypt: answer };
const both = { connect: () => kms, cmks: [CMK], allow: [CMK] };

const [what = '', from = '', to = '', sync = ''] = process.argv.slice(2);
const options = { ...both, sync: sync === 'sync' };
const outlet = to === '/dev/null' ? openSync(to, 'w') : to;

function pairs() {
  mkdirSync(to);
  return readdirSync(from).map((name) => ({ from: join(from, name), to: join(to, name) }));
}

const WORKS: Readonly<Record<string, () => Promise<unknown>>> = {
  encrypt: () => encryptFile(from, outlet, options),
  decrypt: () => decryptFile(from, outlet, options),
  encryptMany: () => encryptFiles(pairs(), options),
  decryptMany: () => decryptFiles(pairs(), options),
};

const start = performance.now();
const failures = await WORKS[what]?.();
if (Array.isArray(failures) && failures.length > 0) throw failures[0].error;
const seconds = (performance.now() - start) / 1000;
const result: WorkResult = { seconds, maxRssMb: process.resourceUsage().maxRSS / 1000 };
process.stdout.write(JSON.stringify(result));
