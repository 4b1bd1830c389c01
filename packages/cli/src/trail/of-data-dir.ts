import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dataPaths } from '@keyhold/server/files/data-paths.ts';
import { readAnchor } from '@keyhold/server/trail/anchor.ts';
import type { Head } from '@keyhold/server/trail/chain.ts';
import { TrailPublicKey } from '@keyhold/server/trail/checkpoints/public-key.ts';
import { readRemembered } from '@keyhold/server/trail/checkpoints/remembered.ts';
import type { Proof } from '@keyhold/server/trail/verify.ts';
import { dataDir, shown } from '../data-dir.ts';
import { withSettings } from './with-settings.ts';

export interface OwnTrail {
  readonly directory: string;
  readonly shown: string;
  /** What the database remembers. Read before the trail: of a running server both go on. */
  readonly anchor: Head | undefined;
  /** Undefined where no server that signs has been started yet. */
  readonly proof: Proof | undefined;
}

/** The trail of the data directory, and what there is to hold it against. */
export async function trailOfDataDir(): Promise<OwnTrail> {
  const { trail, trailPublicKey } = dataPaths(dataDir());
  const known = await withSettings(dataDir(), async (settings) => ({
    anchor: await readAnchor(settings),
    remembered: await readRemembered(settings),
  }));
  const publicKey = existsSync(trailPublicKey)
    ? new TrailPublicKey(await readFile(trailPublicKey, 'utf8'))
    : undefined;
  return {
    directory: trail,
    shown: shown(trail),
    anchor: known?.anchor,
    proof: publicKey && { publicKey, remembered: known?.remembered },
  };
}
