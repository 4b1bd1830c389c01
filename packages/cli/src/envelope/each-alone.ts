import { FileCount } from '@keyhold/client/envelope/file/many/file-count.ts';
import type { Pair } from './files/plan.ts';
import type { Failed, OnBytes } from './formats/format.ts';

/**
 * A failure does not stop the others. `lanes` files are in work at a time: servers answer several callers faster than
 * one after the other. `onProgress` is told of several files only; `one` may tell how far it is.
 */
export async function eachAlone(
  pairs: readonly Pair[],
  one: (pair: Pair, onBytes: OnBytes) => Promise<void>,
  onProgress: (progress: { readonly files: number; readonly total: number }) => void,
  signal: AbortSignal,
  lanes = 1,
): Promise<readonly Failed[]> {
  const failed: Failed[] = [];
  const count = new FileCount(pairs.length, pairs.length > 1 ? onProgress : undefined);
  let next = 0;
  const lane = async (): Promise<void> => {
    for (let pair = pairs[next++]; pair; pair = pairs[next++]) {
      const current = pair;
      signal.throwIfAborted();
      try {
        await count.during((onBytes) => one(current, onBytes));
      } catch (error) {
        signal.throwIfAborted();
        failed.push({ ...current, error });
      }
    }
  };
  const ends = await Promise.allSettled(Array.from({ length: lanes }, lane));
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
  return failed;
}
