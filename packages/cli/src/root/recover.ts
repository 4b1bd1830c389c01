import { readFile } from 'node:fs/promises';
import { unwrapBy } from '@keyhold/server/root/open-domain-key.ts';
import { combineShares, readSplitting } from '@keyhold/server/root/shares/recovery-key.ts';
import { readShare, type Share } from '@keyhold/server/root/shares/share.ts';
import { readWaysIn } from '@keyhold/server/root/ways-in.ts';
import { UsageError } from '../exit-codes.ts';
import { askForShares } from './ask-for-shares.ts';
import { kindNamed, makeWayIn, type WayInOptions, withDatabase } from './way-in.ts';

interface Options extends Omit<WayInOptions, 'to'> {
  readonly to?: string;
  readonly check?: true;
  readonly share?: readonly string[];
}

/**
 * `keyhold root recover`: opens the domain key with shares, from files or as they are typed, and makes another way in.
 * The root key of that kind before, which is lost, opens no longer.
 */
export async function recoverCommand({ to, check, share, ...options }: Options): Promise<void> {
  if ((to === undefined) === (check === undefined)) throw new UsageError('either --to or --check is needed');
  if (to !== undefined) kindNamed(to);
  await withDatabase(async (store, config, path) => {
    const wrapped = (await readWaysIn(store.settings)).wrapped.get('shares');
    const splitting = wrapped && readSplitting(wrapped);
    if (!wrapped || !splitting) throw new UsageError(`${path} has no recovery shares`);
    const { set, threshold } = splitting;
    const shares = share ? await readFiles(share) : await askForShares(splitting);
    const stranger = shares.find((each) => each.set !== set);
    if (stranger && shares.every((each) => each.set === stranger.set)) {
      throw new UsageError(`the shares are of set ${stranger.set}; ${path} takes those of set ${set}`);
    }
    using recoveryKey = await combineShares(shares);
    using domainKey = await unwrapBy(recoveryKey, wrapped, path);
    if (to === undefined) process.stdout.write(`They open: ${threshold} shares of set ${set}.\n`);
    else await makeWayIn(store, config, domainKey, { options: { to, ...options }, replaces: true });
  });
}

async function readFiles(paths: readonly string[]): Promise<readonly Share[]> {
  return Promise.all(
    paths.map(async (path) => {
      const text = await readFile(path, 'utf8').catch((error: Error) => {
        throw new UsageError(`--share: ${error.message}`);
      });
      return readShare(text, path);
    }),
  );
}
