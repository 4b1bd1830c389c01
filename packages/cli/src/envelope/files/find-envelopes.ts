import { realpathSync } from 'node:fs';
import { type Recognised, recognise } from '@keyhold/client/envelope/format/recognise.ts';
import { counted } from '../../counted.ts';
import { UsageError } from '../../exit-codes.ts';
import { startOf } from '../formats/format.ts';
import { findFiles } from './find-files.ts';
import type { Plan } from './plan.ts';

const OTHERS: ReadonlySet<Recognised> = new Set([
  'envelope-base64',
  'envelope-text-damaged',
  'sample',
  'sdk-message',
  'sdk-stream',
]);

/**
 * Files in Keyhold's own format, each once, to be changed in their place: those that are named, and those of
 * directories that begin like one.
 */
export function findEnvelopes(words: readonly string[]): Plan {
  const paths = new Map<string, string>();
  let others = 0;
  const { files, skipped } = findFiles(words);
  for (const { path, named } of files) {
    const is = named ? 'envelope' : kindOf(path);
    if (OTHERS.has(is)) others++;
    if (is !== 'envelope') continue;
    const place = placeOf(path);
    if (!paths.has(place)) paths.set(place, path);
  }
  const notes = [...(others > 0 ? [`${counted(others, 'file')} in other formats left out`] : []), ...skipped];
  if (paths.size === 0) {
    throw new UsageError(`there is no envelope in ${[words.join(', '), ...notes.slice(0, 1)].join('; ')}`);
  }
  return { pairs: [...paths.values()].map((path) => ({ from: path, to: path })), notes };
}

/** One that cannot be read is taken along: what is to be done to it fails, and says why. */
function kindOf(path: string): Recognised {
  try {
    return recognise(startOf(path));
  } catch {
    return 'envelope';
  }
}

/** The same for all names of a file that lead to it by links. */
function placeOf(path: string): string {
  try {
    return realpathSync.native(path);
  } catch {
    return path;
  }
}
