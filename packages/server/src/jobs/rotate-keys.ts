import { addVersion, NO_QUOTA } from '../keys/add-version.ts';
import type { DueJob } from './due-job.ts';
import { oneByOne } from './one-by-one.ts';

/**
 * Gives keys the new version that their policy asks for. A rotation that was missed, by a server that was off or a
 * key that was not Enabled, is made once; the next is due an interval after it.
 */
export const rotateKeys: DueJob = {
  what: 'rotation',
  action: 'RotateKey',
  reason: 'the rotation interval is over',
  final: false,
  work: oneByOne(async (ports, key, now) => {
    const { outcome, version } = await addVersion(ports, key, now, NO_QUOTA);
    return outcome === 'replaced' ? { KeyVersionId: version.keyVersionId } : undefined;
  }),
};
