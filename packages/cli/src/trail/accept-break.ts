import { dataPaths } from '@keyhold/server/files/data-paths.ts';
import { lockDataDirectory } from '@keyhold/server/store/lock.ts';
import { acceptBreak } from '@keyhold/server/trail/accept-break.ts';
import { rememberAnchor } from '@keyhold/server/trail/anchor.ts';
import { lastCheckpoint } from '@keyhold/server/trail/checkpoints/remembered.ts';
import { dataDir, shown } from '../data-dir.ts';
import { UsageError } from '../exit-codes.ts';
import { trailOfDataDir } from './of-data-dir.ts';
import { withSettings } from './with-settings.ts';

/** The server must not be running: the directory is locked meanwhile. */
export async function acceptBreakCommand({ reason }: { reason: string }): Promise<void> {
  if (reason.trim() === '') throw new UsageError('--reason: say what happened');
  const directory = dataDir();
  const { trail } = dataPaths(directory);
  const head = await withSettings(directory, async (settings) => {
    const lock = lockDataDirectory(directory);
    try {
      const { anchor, proof } = await trailOfDataDir();
      const last = proof && (await lastCheckpoint(trail, settings, proof.publicKey));
      const accepted = await acceptBreak(trail, reason, { anchor, proof, signed: last?.head.seq });
      await rememberAnchor(settings, accepted);
      return accepted;
    } finally {
      lock.release();
    }
  });
  if (!head) throw new UsageError(`there is no database in ${shown(directory)}; set KEYHOLD_DATA_DIR`);
  process.stdout.write(`Accepted; the trail goes on at number ${head.seq + 1}.\n`);
}
