import { createReadStream, fchmodSync, fstatSync } from 'node:fs';
import { InputFile } from '@keyhold/client/envelope/file/input-file.ts';
import { inspectFile } from '@keyhold/client/envelope/file/inspect-file.ts';
import { OutputFile } from '@keyhold/client/envelope/file/output-file.ts';
import { writeAll } from '@keyhold/client/envelope/file/run.ts';
import type { ReadOptions } from '@keyhold/client/envelope/keys/open-envelope.ts';
import { decryptStream, encryptStream } from '@keyhold/client/envelope/streams.ts';
import { UsageError } from '../exit-codes.ts';
import { Connections } from './connections.ts';
import { eachAlone } from './each-alone.ts';
import { findEnvelopes } from './files/find-envelopes.ts';
import type { Writing } from './formats/format.ts';
import { interruptible } from './interrupt.ts';
import { type ReadFlags, readAccess, readRecoveryKeys } from './options.ts';
import { print, sayOutcome } from './outcome.ts';
import { Progress } from './progress.ts';
import { LANES } from './rewrap.ts';
import { streamOf } from './transfer.ts';

export interface ReEncryptFlags extends ReadFlags {
  readonly dependsOn?: string;
  readonly to?: readonly string[];
  readonly recoveryPublicKey?: readonly string[];
}

/** `keyhold re-encrypt FILE...`: lists what depends on a key version, or encrypts the content anew for other keys. */
export async function reEncryptCommand(words: readonly string[], flags: ReEncryptFlags): Promise<void> {
  const { dependsOn, to } = flags;
  if (dependsOn === undefined && to === undefined) {
    throw new UsageError('say --depends-on VERSION to list files, --to KEY to encrypt them anew, or both');
  }
  const all = findEnvelopes(words);
  const paths = dependsOn === undefined ? all : all.filter((path) => depends(path, dependsOn));
  if (to === undefined) {
    if (flags.json) print(JSON.stringify({ files: paths }));
    else paths.forEach(print);
    return;
  }
  const pairs = paths.map((path) => ({ from: path, to: path }));
  const connections = new Connections(flags);
  await interruptible(async (signal) => {
    const access = { ...(await readAccess(flags, connections)), connect: connections.connect, signal };
    const target = {
      cmks: await connections.arnsOf(to),
      recoveryKeys: readRecoveryKeys(flags.recoveryPublicKey),
    };
    const progress = new Progress('files');
    const onProgress = ({ files, total }: { files: number; total: number }) => progress.update(files, total);
    try {
      const one = ({ from }: { from: string }) => encryptAnew(from, target, access);
      const failed = await eachAlone(pairs, one, onProgress, signal, LANES);
      progress.end();
      sayOutcome('re-encrypted', pairs, failed, flags.json ?? false);
    } finally {
      progress.end();
    }
  });
}

/** By a key version, or by a key: its id or ARN. */
const depends = (path: string, wanted: string): boolean =>
  inspectFile(path).recipients.some(
    (each) =>
      'cmk' in each &&
      (each.keyVersionId === wanted || each.cmk === wanted || each.cmk.endsWith(`:key/${wanted}`)),
  );

/** From the old file into the new one that takes its place; plaintext is in memory only, a chunk at a time. */
async function encryptAnew(
  path: string,
  {
    cmks,
    recoveryKeys,
  }: { readonly cmks: readonly string[]; readonly recoveryKeys: Writing['recoveryKeys'] },
  access: ReadOptions & {
    readonly connect: NonNullable<ReadOptions['connect']>;
    readonly signal: AbortSignal;
  },
): Promise<void> {
  const { context, chunkBytes, plaintextBytes, recipients } = inspectFile(path);
  if (recoveryKeys.length === 0 && recipients.some(({ kind }) => kind === 'recovery')) {
    throw new UsageError(`${path} has a recovery key: give it again with --recovery-public-key`);
  }
  using input = new InputFile(path);
  using output = new OutputFile(path, undefined, { overwrite: true });
  const write = {
    ...{ connect: access.connect, cmks, recoveryKeys, signal: access.signal, plaintextBytes },
    chunkLog2: Math.log2(chunkBytes),
    context: context ?? access.context,
    storeContext: context !== undefined,
  };
  const anew = streamOf(
    createReadStream('', { fd: input.fd, autoClose: false, start: 0, highWaterMark: 1 << 18 }),
  )
    .pipeThrough(decryptStream(access), { signal: access.signal })
    .pipeThrough(encryptStream(write), { signal: access.signal });
  let at = 0;
  for await (const bytes of anew) {
    writeAll(output.fd, bytes, at);
    at += bytes.length;
  }
  access.signal.throwIfAborted();
  input.assertUnchanged();
  fchmodSync(output.fd, fstatSync(input.fd).mode & 0o7777);
  await output.commit();
}
