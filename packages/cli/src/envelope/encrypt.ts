import { UsageError } from '../exit-codes.ts';
import { Connections, needKeys } from './connections.ts';
import { eachAlone } from './each-alone.ts';
import { makeDirectories, type Pair, planFiles, STDIO } from './files/plan.ts';
import { type Failed, type FormatName, formatNamed, type Writer } from './formats/format.ts';
import { interruptible } from './interrupt.ts';
import { readContext, readRecoveryKeys, type WriteFlags } from './options.ts';
import { say, sayOutcome } from './outcome.ts';
import { Progress } from './progress.ts';
import { binaryToTerminal } from './standard-output.ts';
import { transfer } from './transfer.ts';

export interface EncryptFlags extends WriteFlags {
  readonly format: FormatName;
}

/** `keyhold encrypt FILE...` */
export async function encryptCommand(words: readonly string[], flags: EncryptFlags): Promise<void> {
  const format = await formatNamed(flags.format);
  const naming = {
    rename: (name: string) => `${name}${format.suffix}`,
    among: {
      fits: (name: string) => !name.endsWith(format.suffix),
      others: `named *${format.suffix}`,
      advice: 'such names are those of encrypted files',
    },
  };
  const { pairs, notes } = planFiles(words, naming, flags);
  const [first] = pairs;
  const printing = first?.to === STDIO;
  if (printing && process.stdout.isTTY && flags.format !== 'sample') throw binaryToTerminal();
  if (printing && flags.json)
    throw new UsageError('--json: stdout is taken by the output; name a file with -o');
  for (const note of notes) say(`note: ${note}`);
  const context = readContext(flags.context);
  const recoveryKeys = readRecoveryKeys(flags.recoveryPublicKey);
  await interruptible(async (signal) => {
    const connections = new Connections(flags, signal);
    const keys = needKeys(connections.keysOr(flags.key ?? []), '--key');
    const progress = new Progress(pairs.length > 1 ? 'files' : 'bytes');
    const overwrite = flags.force ?? false;
    const writer = await format.writer({
      ...{ connections, keys, context, recoveryKeys, overwrite, signal },
      storeContext: flags.storeContext ?? true,
      onProgress: pairs.length > 1 ? undefined : ({ bytes, total }) => progress.update(bytes, total),
    });
    const removeEmpty = makeDirectories(pairs);
    try {
      const one = (pair: Pair) =>
        transfer(pair, {
          ...{ overwrite, signal },
          file: writer.encryptFile,
          stream: writer.encryptStream,
          onBytes: (bytes) => progress.update(bytes, undefined),
        });
      const failed = await encryptAll(pairs, writer, one, progress, signal);
      progress.end();
      sayOutcome('encrypted', pairs, failed, flags.json ?? false);
    } finally {
      progress.end();
      removeEmpty();
    }
  });
}

async function encryptAll(
  pairs: readonly Pair[],
  writer: Writer,
  one: (pair: Pair) => Promise<void>,
  progress: Progress,
  signal: AbortSignal,
): Promise<readonly Failed[]> {
  const onProgress = ({ files, total }: { files: number; total: number }) => progress.update(files, total);
  if (pairs.length > 1 && writer.encryptFiles) return writer.encryptFiles(pairs, onProgress);
  return eachAlone(pairs, one, onProgress, signal);
}
