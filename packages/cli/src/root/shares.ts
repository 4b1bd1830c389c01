import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { writeNewFile } from '@keyhold/server/files/new-file.ts';
import { openByAnyWay } from '@keyhold/server/root/open-domain-key.ts';
import { rewrap } from '@keyhold/server/root/rewrap.ts';
import { RootKeys } from '@keyhold/server/root/root-keys.ts';
import { MOST_SHARES, newShares } from '@keyhold/server/root/shares/recovery-key.ts';
import { type Share, shareText } from '@keyhold/server/root/shares/share.ts';
import { readWaysIn } from '@keyhold/server/root/ways-in.ts';
import { shown } from '../data-dir.ts';
import { UsageError } from '../exit-codes.ts';
import { BACK_UP_NOW, withDatabase } from './way-in.ts';

interface Options {
  readonly shares: string;
  readonly threshold: string;
  readonly out?: string;
  readonly removeOld?: true;
}

/**
 * `keyhold root shares`: a recovery key in shares, shown once. They count from the moment on that all of them are
 * written: cut short before, those of earlier still do.
 */
export async function sharesCommand(options: Options): Promise<void> {
  const count = number('--shares', options.shares, 2, MOST_SHARES);
  const threshold = number('--threshold', options.threshold, 2, count);
  if (options.out === undefined && !process.stdout.isTTY) {
    throw new UsageError('shares are shown at a terminal only; --out <directory> writes them to files');
  }
  await withDatabase(async (store, config, path) => {
    await using rootKeys = new RootKeys(config);
    using domainKey = await openByAnyWay(store.settings, rootKeys, path);
    const replaces = options.removeOld === true;
    if (!replaces && (await readWaysIn(store.settings)).wrapped.has('shares')) {
      throw new UsageError('there are shares already; with --remove-old new ones take their place');
    }
    const { rootKey, shares } = await newShares(count, threshold);
    using recoveryKey = rootKey;
    if (options.out === undefined) show(shares);
    else await write(shares, options.out);
    for (const { points } of shares) points.fill(0);
    await rewrap(store, domainKey, recoveryKey, { replaces, removes: [] });
    const [{ set } = { set: '' }] = shares;
    const where = options.out === undefined ? 'above, and shown this once' : `in ${shown(options.out)}`;
    process.stdout.write(
      `The ${count} shares of set ${set} are ${where}; any ${threshold} of them open every key.\n` +
        `Give each to another person, keep none here, and try them: keyhold root recover --check\n${BACK_UP_NOW}\n`,
    );
  });
}

function show(shares: readonly Share[]): void {
  process.stdout.write(`\n${shares.map(shareText).join('\n')}\n`);
}

async function write(shares: readonly Share[], directory: string): Promise<void> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  for (const share of shares) {
    const name = `keyhold-share-${share.set}-${share.index}-of-${share.count}.txt`;
    await writeNewFile(join(directory, name), shareText(share));
  }
}

function number(option: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw new UsageError(`${option}: a number from ${least} to ${most} is expected`);
}
