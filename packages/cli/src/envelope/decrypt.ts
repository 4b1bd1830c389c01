import { extname } from 'node:path';
import { UsageError } from '../exit-codes.ts';
import { Connections } from './connections.ts';
import { eachAlone } from './each-alone.ts';
import { makeDirectories, type Pair, type Plan, planFiles, STDIO } from './files/plan.ts';
import {
  ENCRYPTED_NAMES,
  type Failed,
  type FormatName,
  formatNamed,
  formatNameOf,
  type Reader,
  START_BYTES,
  startOf,
} from './formats/format.ts';
import { interruptible } from './interrupt.ts';
import { type ReadFlags, readAccess, textOf } from './options.ts';
import { say, sayOutcome } from './outcome.ts';
import { Progress } from './progress.ts';
import { lookInto, stdin, streamOf, transfer } from './transfer.ts';

export interface DecryptFlags extends ReadFlags {
  readonly range?: string;
  readonly storedHeader?: string;
  readonly allowUnauthenticated?: boolean;
}

/** `keyhold decrypt FILE...` */
export async function decryptCommand(words: readonly string[], flags: DecryptFlags): Promise<void> {
  const range = flags.range === undefined ? undefined : readRange(flags.range);
  const plan = planDecryption(words, flags, range !== undefined);
  const { pairs } = plan;
  const { allowUnauthenticated } = flags;
  const storedHeader = flags.storedHeader && textOf(flags.storedHeader, '--stored-header');
  if (pairs[0]?.to === STDIO && flags.json) {
    throw new UsageError('--json: stdout is taken by the output; name a file with -o');
  }
  for (const note of plan.notes) say(`note: ${note}`);
  await interruptible(async (signal) => {
    const connections = new Connections(flags, signal);
    const progress = new Progress(pairs.length > 1 ? 'files' : 'bytes');
    const overwrite = flags.force ?? false;
    const access = await readAccess(flags, connections);
    const onBytes = ({ bytes, total }: { bytes: number; total: number }) => progress.update(bytes, total);
    const onProgress = pairs.length > 1 ? undefined : onBytes;
    const readerOf = async (name: FormatName): Promise<Reader> =>
      (await formatNamed(name)).reader({
        ...{ ...access, storedHeader, allowUnauthenticated },
        ...{ overwrite, signal, onProgress },
      });
    const removeEmpty = makeDirectories(pairs);
    try {
      const failed = await decryptAll(pairs, { readerOf, range, overwrite, signal, progress });
      progress.end();
      sayOutcome('decrypted', pairs, failed, flags.json ?? false);
    } finally {
      progress.end();
      removeEmpty();
    }
  });
}

function planDecryption(words: readonly string[], flags: DecryptFlags, range: boolean): Plan {
  const naming = {
    rename: (name: string) => (ENCRYPTED_NAMES.fits(name) ? name.slice(0, -extname(name).length) : undefined),
    among: ENCRYPTED_NAMES,
  };
  // A part must not stand under the name of the whole.
  return planFiles(words, naming, range && flags.output === undefined ? { ...flags, output: STDIO } : flags);
}

interface Job {
  readonly readerOf: (name: FormatName) => Promise<Reader>;
  readonly range: Range | undefined;
  readonly overwrite: boolean;
  readonly signal: AbortSignal;
  readonly progress: Progress;
}

/** Those of the format that has a faster way together, the others one by one. */
async function decryptAll(pairs: readonly Pair[], job: Job): Promise<readonly Failed[]> {
  if (pairs.length === 1)
    return eachAlone(
      pairs,
      (pair) => decryptOne(pair, job),
      () => {},
      job.signal,
    );
  const failed: Failed[] = [];
  const formatOf = (pair: Pair): FormatName | undefined => {
    try {
      return formatNameOf(startOf(pair.from));
    } catch (error) {
      failed.push({ ...pair, error });
      return undefined;
    }
  };
  const byFormat = Map.groupBy(pairs, formatOf);
  let before = 0;
  for (const [name, group] of byFormat) {
    if (name === undefined) continue;
    const reader = await job.readerOf(name);
    const onProgress = ({ files }: { files: number }) => job.progress.update(before + files, pairs.length);
    failed.push(
      ...(reader.decryptFiles && !job.range
        ? await reader.decryptFiles(group, onProgress)
        : await eachAlone(group, (pair) => decryptOne(pair, job), onProgress, job.signal)),
    );
    before += group.length;
  }
  return failed;
}

async function decryptOne(pair: Pair, { readerOf, range, overwrite, signal, progress }: Job): Promise<void> {
  const input = pair.from === STDIO ? await lookInto(stdin(), START_BYTES) : undefined;
  const reader = await readerOf(formatNameOf(input ? input.start : startOf(pair.from)));
  const options = {
    ...{ overwrite, signal, stream: reader.decryptStream, file: reader.decryptFile },
    input: input?.stream,
    onBytes: (bytes: number) => progress.update(bytes, undefined),
  };
  if (range === undefined) return transfer(pair, options);
  const { decryptRange } = reader;
  if (!decryptRange || pair.from === STDIO) {
    throw new UsageError('--range: only files in the kenv format can be read in part');
  }
  const part = streamOf(decryptRange(pair.from, range.start, range.length));
  const stream = () => new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>();
  await transfer({ from: STDIO, to: pair.to }, { ...options, input: part, stream });
}

interface Range {
  readonly start: number;
  readonly length: number | undefined;
}

/** As in HTTP: `0-99` is a hundred bytes, `100-` the rest from there on, `-100` the last hundred. */
function readRange(text: string): Range {
  const [, first, last] = /^(\d{0,16})-(\d{0,16})$/.exec(text) ?? [];
  if (first === undefined || last === undefined || (first === '' && !(Number(last) > 0))) {
    throw new UsageError('--range: START-END is expected, such as 0-99, 100- or -100');
  }
  if (first === '') return { start: -Number(last), length: undefined };
  if (last === '') return { start: Number(first), length: undefined };
  if (Number(last) < Number(first)) throw new UsageError('--range: the end is before the start');
  return { start: Number(first), length: Number(last) - Number(first) + 1 };
}
