import { recognise } from '@keyhold/client/envelope/format/recognise.ts';
import { UsageError } from '../../exit-codes.ts';
import { startOf } from '../formats/format.ts';
import { findFiles } from './find-files.ts';

/** Files in Keyhold's own format: those that are named, and those of directories that begin like one. */
export function findEnvelopes(words: readonly string[]): string[] {
  const isEnvelope = (path: string): boolean => recognise(startOf(path)) === 'envelope';
  const { files } = findFiles(words);
  const paths = files.filter(({ path, named }) => named || isEnvelope(path)).map(({ path }) => path);
  if (paths.length === 0) throw new UsageError(`there is no envelope in ${words.join(', ')}`);
  return paths;
}
