import { type BigIntStats, fstatSync, lstatSync, mkdirSync, rmdirSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { counted } from '../../counted.ts';
import { UsageError } from '../../exit-codes.ts';
import { type Found, findFiles } from './find-files.ts';

export interface Pair {
  readonly from: string;
  readonly to: string;
}

/** What is read and where it goes; `-` is stdin and stdout, each only in a plan of one. */
export interface Plan {
  readonly pairs: readonly Pair[];
  /** Of directories: what was left out, and why. */
  readonly notes: readonly string[];
}

export interface Naming {
  /** The name of the output; undefined where it does not follow from that of the input. */
  readonly rename: (name: string) => string | undefined;
  /** Which files of a directory are meant; undefined: all. */
  readonly among?:
    | {
        readonly fits: (name: string) => boolean;
        /** What the others are: `named *.kenv`. */
        readonly others: string;
        /** What to add where there are only others. */
        readonly advice: string;
      }
    | undefined;
}

export interface PlanOptions {
  readonly output?: string | undefined;
  readonly force?: boolean | undefined;
  readonly skipExisting?: boolean | undefined;
}

export const STDIO = '-';

/** Nothing is written yet. Throws UsageError for everything that cannot end well. */
export function planFiles(words: readonly string[], naming: Naming, options: PlanOptions): Plan {
  const { output } = options;
  if (output === '') throw new UsageError('-o: a name is expected');
  if (words.includes(STDIO)) {
    if (words.length > 1) throw new UsageError('- is stdin: it goes alone');
    return checked([{ from: STDIO, to: output ?? STDIO }], [], options);
  }
  const intoDirectory = output !== undefined && output !== STDIO && isDirectory(output);
  const found = findFiles(words, output === undefined ? undefined : resolve(output));
  const among = naming.among ?? { fits: () => true, others: '', advice: '' };
  const files = found.files.filter(({ named, name }) => named || among.fits(name));
  const left = found.files.length - files.length;
  if (files.length === 0) {
    const where = words.join(', ');
    const others = `${counted(left, 'file')} ${among.others}: ${among.advice}`;
    if (left > 0) throw new UsageError(`there is no file to do this to in ${where}, but ${others}`);
    throw new UsageError(`there is no file in ${[where, ...found.skipped.slice(0, 1)].join('; ')}`);
  }
  const notes = [
    ...(left > 0 ? [`${counted(left, 'file')} ${among.others} left out`] : []),
    ...found.skipped,
  ];
  if (output === STDIO) {
    if (found.several) throw new UsageError('-o -: one file only goes to stdout');
    return checked(
      files.map(({ path }) => ({ from: path, to: STDIO })),
      notes,
      options,
    );
  }
  const tree = intoDirectory || found.several;
  if (output !== undefined && tree && statOf(resolve(output))?.isDirectory() === false)
    throw new UsageError(`-o: ${output} is no directory`);
  const nameOf = ({ path, name }: Found): string => {
    const renamed = naming.rename(name);
    if (renamed !== undefined) return renamed;
    if (output !== undefined) return name;
    throw new UsageError(`${path}: say with -o how the output is to be called`);
  };
  const pairOf = (file: Found): Pair => {
    if (output === undefined) return { from: file.path, to: naming.rename(file.path) ?? nameOf(file) };
    return { from: file.path, to: tree ? join(output, nameOf(file)) : output };
  };
  const pairs = files.map(pairOf);
  refuseCollisions(pairs);
  return checked(pairs, notes, options);
}

const isDirectory = (path: string): boolean =>
  /[/\\]$/.test(path) || (statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false);

function refuseCollisions(pairs: readonly Pair[]): void {
  const seen = new Map<string, string>();
  for (const { from, to } of pairs) {
    const other = seen.get(resolve(to));
    if (other !== undefined) throw new UsageError(`${other} and ${from} would both become ${to}`);
    seen.set(resolve(to), from);
  }
}

/** All outputs are looked at before the first is written. */
function checked(
  pairs: readonly Pair[],
  notes: readonly string[],
  { force, skipExisting }: PlanOptions,
): Plan {
  const there = new Set<Pair>();
  for (const pair of pairs) {
    const output = statOf(pair.to, 1);
    if (output && isSame(output, statOf(pair.from, 0)))
      throw new UsageError(`${pair.from} is the output itself: choose another name with -o`);
    if (pair.to === STDIO) continue;
    if (output && !output.isFile() && !skipExisting) throw notRegular(pair.to, output);
    if (output || isTaken(pair.to)) there.add(pair);
  }
  if (force || there.size === 0) return { pairs, notes };
  if (skipExisting) {
    const left = `${counted(there.size, 'file')} left out: the output exists`;
    return { pairs: pairs.filter((pair) => !there.has(pair)), notes: [...notes, left] };
  }
  const [first] = there;
  const exist = there.size > 1 ? ` and ${there.size - 1} more exist` : ' exists';
  throw new UsageError(`${first?.to}${exist} already: --force replaces, --skip-existing leaves out`);
}

const notRegular = (path: string, stat: BigIntStats): UsageError =>
  new UsageError(
    stat.isDirectory()
      ? `${path} is a directory: choose another name with -o`
      : `${path} is no regular file: use -o - > ${path}`,
  );

/** Also by another name, or behind a redirection. Terminals are everything at once. */
const isSame = (a: BigIntStats, b: BigIntStats | undefined): boolean =>
  a.isFile() && a.dev === b?.dev && a.ino === b.ino;

/** Undefined where there is nothing, or nothing can be: what is wrong with one name is said of its file, later. */
function statOf(path: string, stdio?: 0 | 1): BigIntStats | undefined {
  if (path === STDIO && stdio !== undefined) return fstatSync(stdio, { bigint: true });
  try {
    return statSync(path, { bigint: true, throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

/** Also by a link that leads nowhere. */
function isTaken(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch {
    return false;
  }
}

/** Makes the directories of the outputs; the result removes those that nothing came into. */
export function makeDirectories(pairs: readonly Pair[]): () => void {
  const made: string[] = [];
  for (const directory of new Set(pairs.filter(({ to }) => to !== STDIO).map(({ to }) => dirname(to)))) {
    const first = mkdirSync(directory, { recursive: true });
    if (first !== undefined)
      for (let each = resolve(directory); each.length >= resolve(first).length; each = dirname(each))
        made.push(each);
  }
  return () => {
    for (const directory of made.toSorted((a, b) => b.length - a.length)) {
      try {
        rmdirSync(directory);
      } catch {
        // Something is in it.
      }
    }
  };
}
