import { fstatSync, lstatSync, mkdirSync, rmdirSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
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
  readonly among?: { readonly fits: (name: string) => boolean; readonly others: string } | undefined;
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
  if (words.includes(STDIO)) {
    if (words.length > 1) throw new UsageError('- is stdin: it goes alone');
    return { pairs: checked([{ from: STDIO, to: output ?? STDIO }], options), notes: [] };
  }
  const intoDirectory = output !== undefined && output !== STDIO && isDirectory(output);
  const found = findFiles(words, output === undefined ? undefined : resolve(output));
  const { fits, others } = naming.among ?? { fits: () => true, others: '' };
  const files = found.files.filter(({ named, name }) => named || fits(name));
  const left = found.files.length - files.length;
  if (files.length === 0) throw new UsageError(`there is no file to do this to in ${words.join(', ')}`);
  const notes = [
    ...(left > 0 ? [`${left} ${others} left out`] : []),
    ...found.skipped.map((path) => `${path} left out: it is no regular file`),
  ];
  if (output === STDIO) {
    if (found.several) throw new UsageError('-o -: one file only goes to stdout');
    return { pairs: files.map(({ path }) => ({ from: path, to: STDIO })), notes };
  }
  const nameOf = ({ path, name }: Found): string => {
    const renamed = naming.rename(name);
    if (renamed !== undefined) return renamed;
    if (output !== undefined) return name;
    throw new UsageError(`${path}: say with -o how the output is to be called`);
  };
  const pairOf = (file: Found): Pair => {
    if (output === undefined) return { from: file.path, to: naming.rename(file.path) ?? nameOf(file) };
    const tree = intoDirectory || found.several;
    return { from: file.path, to: tree ? join(output, nameOf(file)) : output };
  };
  const pairs = files.map(pairOf);
  refuseCollisions(pairs);
  return { pairs: checked(pairs, options), notes };
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
function checked(pairs: readonly Pair[], { force, skipExisting }: PlanOptions): readonly Pair[] {
  for (const pair of pairs)
    if (isSame(pair)) throw new UsageError(`${pair.from} is the output itself: choose another name with -o`);
  if (force) return pairs;
  const exists = ({ to }: Pair): boolean =>
    to !== STDIO && lstatSync(to, { throwIfNoEntry: false }) !== undefined;
  const there = pairs.filter(exists);
  if (there.length === 0) return pairs;
  if (skipExisting) return pairs.filter((pair) => !exists(pair));
  const [first] = there;
  const exist = there.length > 1 ? ` and ${there.length - 1} others exist` : ' exists';
  throw new UsageError(`${first?.to}${exist} already: --force replaces, --skip-existing leaves out`);
}

/** Also by another name, or behind a redirection. Terminals are everything at once. */
function isSame({ from, to }: Pair): boolean {
  const stat = (path: string, fd: number) =>
    path === STDIO
      ? fstatSync(fd, { bigint: true })
      : statSync(path, { bigint: true, throwIfNoEntry: false });
  const [a, b] = [stat(from, 0), stat(to, 1)];
  return a !== undefined && b !== undefined && a.isFile() && a.dev === b.dev && a.ino === b.ino;
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
