import { fstatSync, rmSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { decryptRange } from '@keyhold/client/envelope/file/decrypt-range.ts';
import { sidePath } from '@keyhold/client/envelope/file/envelope-file.ts';
import { InputFile } from '@keyhold/client/envelope/file/input-file.ts';
import { inspectFile } from '@keyhold/client/envelope/file/inspect-file.ts';
import { OutputFile } from '@keyhold/client/envelope/file/output-file.ts';
import { writeAll } from '@keyhold/client/envelope/file/run.ts';
import { takeAfter } from '@keyhold/client/envelope/file/take-after.ts';
import type { ReadOptions } from '@keyhold/client/envelope/keys/open-envelope.ts';
import { encryptStream } from '@keyhold/client/envelope/streams.ts';
import { counted } from '../counted.ts';
import { UsageError } from '../exit-codes.ts';
import { Connections } from './connections.ts';
import { dependency, depends, listDepending } from './depends-on.ts';
import { eachAlone } from './each-alone.ts';
import { findEnvelopes } from './files/find-envelopes.ts';
import type { Pair } from './files/plan.ts';
import type { OnBytes, Writing } from './formats/format.ts';
import { interruptible } from './interrupt.ts';
import { type ReadFlags, readAccess, readRecoveryKeys } from './options.ts';
import { say, sayOutcome } from './outcome.ts';
import { Progress } from './progress.ts';
import { LANES } from './rewrap.ts';
import { streamOf } from './transfer.ts';

export interface ReEncryptFlags extends ReadFlags {
  readonly dependsOn?: string;
  readonly null?: boolean;
  readonly to?: readonly string[];
  readonly recoveryPublicKey?: readonly string[];
}

/** `keyhold re-encrypt FILE...`: lists what depends on a key version, or encrypts the content anew for other keys. */
export async function reEncryptCommand(words: readonly string[], flags: ReEncryptFlags): Promise<void> {
  const { dependsOn, to } = flags;
  if (dependsOn === undefined && to === undefined) {
    throw new UsageError('say --depends-on VERSION to list files, --to KEY to encrypt them anew, or both');
  }
  const { pairs, notes } = findEnvelopes(words);
  for (const note of notes) say(`note: ${note}`);
  await interruptible(async (signal) => {
    const connections = new Connections(flags, signal);
    const wanted = dependsOn === undefined ? undefined : await dependency(dependsOn, connections);
    const encrypt = to === undefined ? undefined : await encryption(flags, to, connections, signal);
    const progress = new Progress(pairs.length > 1 ? 'files' : 'bytes');
    const fitting = new Set<string>();
    const one = async ({ from }: Pair, onBytes: OnBytes): Promise<void> => {
      await setImmediate(); // to look at a file takes no turn of its own, and somebody may want to interrupt
      if (wanted !== undefined && !depends(from, wanted)) return;
      fitting.add(from);
      const onlyOne: OnBytes = ({ bytes, total }) => progress.update(bytes, total);
      await encrypt?.(from, pairs.length > 1 ? onBytes : onlyOne);
    };
    const onProgress = ({ files, total }: { files: number; total: number }) => progress.update(files, total);
    try {
      const failed = await eachAlone(pairs, one, onProgress, signal, LANES);
      progress.end();
      const looked = pairs.length - failed.length;
      if (fitting.size === 0 && looked > 0)
        say(`${dependsOn}: none of ${counted(looked, 'envelope')} depends on it`);
      for (const { from } of failed) fitting.add(from);
      const meant = pairs.filter(({ from }) => fitting.has(from));
      if (encrypt) sayOutcome('re-encrypted', meant, failed, flags.json ?? false);
      else listDepending(meant, failed, flags);
    } finally {
      progress.end();
    }
  });
}

/** What encrypts one file anew for the keys `to`. */
async function encryption(
  flags: ReEncryptFlags,
  to: readonly string[],
  connections: Connections,
  signal: AbortSignal,
): Promise<(path: string, onBytes: OnBytes) => Promise<void>> {
  const access = { ...(await readAccess(flags, connections)), connect: connections.connect, signal };
  const target = {
    cmks: await connections.arnsOf(to),
    recoveryKeys: readRecoveryKeys(flags.recoveryPublicKey),
  };
  return (path, onBytes) => encryptAnew(path, target, access, onBytes);
}

interface Target {
  readonly cmks: readonly string[];
  readonly recoveryKeys: Writing['recoveryKeys'];
}

interface Access extends ReadOptions {
  readonly connect: NonNullable<ReadOptions['connect']>;
  readonly signal: AbortSignal;
}

/** From the old file into the new one that takes its place; plaintext is in memory only, a chunk at a time. */
async function encryptAnew(
  path: string,
  { cmks, recoveryKeys }: Target,
  access: Access,
  onBytes: OnBytes,
): Promise<void> {
  const { context, chunkBytes, plaintextBytes, recipients } = inspectFile(path);
  if (recoveryKeys.length === 0 && recipients.some(({ kind }) => kind === 'recovery')) {
    throw new UsageError(`${path} has a recovery key: give it again with --recovery-public-key`);
  }
  using input = new InputFile(path);
  const { nlink } = fstatSync(input.fd);
  if (nlink > 1) {
    throw new UsageError(
      `${path} is one of ${nlink} hard links, and the others would keep the old content: make it a file of its own first`,
    );
  }
  using output = new OutputFile(path, undefined, { overwrite: true });
  const write = {
    ...{ connect: access.connect, cmks, recoveryKeys, signal: access.signal, plaintextBytes },
    chunkLog2: Math.log2(chunkBytes),
    context: context ?? access.context,
    storeContext: context !== undefined,
  };
  const plaintext = streamOf(decryptRange(path, { start: 0 }, access));
  const anew = plaintext.pipeThrough(encryptStream(write), { signal: access.signal });
  let at = 0;
  for await (const bytes of anew) {
    writeAll(output.fd, bytes, at);
    at += bytes.length;
    onBytes({ bytes: Math.min(at, input.bytes), total: input.bytes });
    await setImmediate(); // others have their turn
  }
  access.signal.throwIfAborted();
  input.assertUnchanged();
  takeAfter(input.fd, output.fd);
  await output.commit();
  rmSync(sidePath(path), { force: true }); // of a rewrap of the old file that was interrupted
}
