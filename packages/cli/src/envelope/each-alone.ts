import type { Pair } from './files/plan.ts';
import type { Failed } from './formats/format.ts';

/**
 * One failure of several does not stop the others; that of a single file is the command's. `lanes` files are in work
 * at a time: servers answer several callers faster than one after the other.
 */
export async function eachAlone(
  pairs: readonly Pair[],
  one: (pair: Pair) => Promise<void>,
  onProgress: (progress: { readonly files: number; readonly total: number }) => void,
  signal: AbortSignal,
  lanes = 1,
): Promise<readonly Failed[]> {
  const failed: Failed[] = [];
  let next = 0;
  let files = 0;
  const lane = async (): Promise<void> => {
    for (let pair = pairs[next++]; pair; pair = pairs[next++]) {
      signal.throwIfAborted();
      try {
        await one(pair);
      } catch (error) {
        signal.throwIfAborted();
        if (pairs.length === 1) throw error;
        failed.push({ ...pair, error });
      }
      files++;
      if (pairs.length > 1) onProgress({ files, total: pairs.length });
    }
  };
  const ends = await Promise.allSettled(Array.from({ length: lanes }, lane));
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
  return failed;
}
