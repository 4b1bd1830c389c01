import { type Dirent, readdirSync, statSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { UsageError } from '../../exit-codes.ts';
import { isGlob, splitGlob } from './glob.ts';

export interface Found {
  readonly path: string;
  /** Below the directory or the pattern's base; the name alone for a file that was named. */
  readonly name: string;
  /** Named itself, not found in a directory. */
  readonly named: boolean;
}

export interface FoundFiles {
  readonly files: readonly Found[];
  /** What was left out, and why. */
  readonly skipped: readonly string[];
  /** Whether any word stands for several files. */
  readonly several: boolean;
}

/** What an interrupted run of ours left, or is writing now. */
const OURS = /^\.kenv-[0-9a-f]{24}\.partial$|\.kenv-header$/;

/**
 * Files, directories (all of them, recursively) and patterns. Links below a directory are not followed: they may
 * lead anywhere. `without` is a directory to leave out: the output. Throws UsageError.
 */
export function findFiles(words: readonly string[], without?: string): FoundFiles {
  const files: Found[] = [];
  const skipped: string[] = [];
  let several = words.length > 1;
  const walk = (base: string, directory: string, matches?: RegExp): void => {
    for (const entry of entriesOf(directory)) {
      const path = join(directory, entry.name);
      const name = relative(base, path);
      const fits = matches?.test(name.replaceAll('\\', '/')) ?? true;
      if (entry.isDirectory()) {
        const before = files.length;
        if (resolve(path) === without) continue;
        walk(base, path, matches);
        if (matches && fits && files.length === before) {
          skipped.push(`${path} left out: it is a directory; a pattern ends with /** to find what is in it`);
        }
      } else if (fits && !OURS.test(entry.name)) {
        if (entry.isFile()) files.push({ path, name, named: false });
        else skipped.push(`${path} left out: it is no regular file`);
      }
    }
  };
  for (const word of words) {
    const stat = statSync(word, { throwIfNoEntry: false });
    if (stat?.isDirectory()) {
      several = true;
      walk(word, word);
    } else if (!stat && isGlob(word)) {
      several = true;
      const before = files.length;
      const leftBefore = skipped.length;
      const { base, matches } = splitGlob(word);
      walk(base, base, matches);
      const [left] = skipped.slice(leftBefore);
      if (files.length === before) throw new UsageError(`no file matches ${word}${left ? `: ${left}` : ''}`);
    } else if (stat) {
      files.push({ path: word, name: word.split(/[/\\]/).at(-1) ?? word, named: true });
    } else {
      throw new UsageError(`there is no file ${word}`);
    }
  }
  return { files, skipped, several };
}

function entriesOf(directory: string): Dirent[] {
  try {
    return readdirSync(directory, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch (error) {
    const missing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    if (missing && directory.includes('\ufffd'))
      throw new UsageError(`the name ${directory} is not UTF-8: rename it`);
    if (missing) throw new UsageError(`there is no folder ${directory}`);
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}
