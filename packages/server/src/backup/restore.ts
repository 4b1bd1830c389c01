import { mkdir, mkdtemp, readdir, rename, rm, rmdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { dataPaths, RESTORING } from '../files/data-paths.ts';
import { placeNew } from '../files/place-new.ts';
import { syncDirectory } from '../files/sync-directory.ts';
import { forgetBelievedTime } from '../jobs/believed-time.ts';
import type { Kind } from '../root/root-key.ts';
import type { RootKeyChoice } from '../root/root-keys.ts';
import { readWaysIn } from '../root/ways-in.ts';
import { StartError } from '../start-error.ts';
import { openSqliteStore } from '../store/open-store.ts';
import { type Deletions, pendingDeletions } from './database.ts';
import { extract } from './extract.ts';
import { DATABASE, type Manifest, PUBLIC_KEY, TRAIL } from './parts.ts';
import { type Verified, verifyData } from './verify-data.ts';

export interface Restored {
  readonly manifest: Manifest;
  readonly waysIn: readonly Kind[];
  /** Undefined where nothing was restored. */
  readonly deletions: Deletions | undefined;
  readonly verified: Verified | undefined;
}

/** What a new volume of ext4 has. */
const EMPTY = 'lost+found';
/** What there may be beside a draft; the lock is of a server that was refused. */
const LEFT: ReadonlySet<string> = new Set([TRAIL, PUBLIC_KEY, 'lock.db']);

/**
 * Makes the data directory `to` of a backup, which must be missing or empty: whole or not at all, durably. With a root
 * key everything in it is tried first, and it is made only where nothing is wrong; without `to` it is only tried, below
 * the system's temporary directory. Throws StartError.
 */
export async function restore(
  from: string,
  { to, verifyWith }: { readonly to: string | undefined; readonly verifyWith: RootKeyChoice | undefined },
): Promise<Restored> {
  const isNew = to !== undefined && (await makeOrTake(to));
  // Within the target, which may be the only place on its disk, and the only one where this user may write.
  const draft = await mkdtemp(join(to ?? tmpdir(), RESTORING)).catch(unusable(to ?? tmpdir()));
  try {
    const manifest = await extract(from, draft);
    const verified = verifyWith && (await verifyData(draft, verifyWith));
    const { database } = dataPaths(draft);
    const waysIn = await waysInto(database);
    let deletions: Deletions | undefined;
    if (to !== undefined && (verified === undefined || verified.problems.length === 0)) {
      await doubtTheClock(database);
      deletions = pendingDeletions(database);
      await fill(to, draft);
      if (isNew) await syncDirectory(dirname(to));
    }
    return { manifest, waysIn, deletions, verified };
  } finally {
    await rm(draft, { recursive: true, force: true });
    if (isNew) await rmdir(to).catch(() => undefined); // it stays where it was filled
  }
}

const unusable =
  (path: string) =>
  (error: NodeJS.ErrnoException): never => {
    throw new StartError(`${path} cannot be restored to (${error.code})`);
  };

/** Returns whether it was missing. */
async function makeOrTake(to: string): Promise<boolean> {
  const made = await mkdir(to, { recursive: true, mode: 0o700 }).catch(unusable(to));
  const names = (await readdir(to).catch(unusable(to))).filter((name) => name !== EMPTY);
  const [name] = names;
  if (name === undefined) return made !== undefined;
  if (names.some((each) => each.startsWith(RESTORING)) && !names.includes(DATABASE)) {
    const left = names.filter((each) => each.startsWith(RESTORING) || LEFT.has(each));
    throw new StartError(
      `${to} holds what a restore that was cut short left: remove ${left.join(', ')} and restore again. ` +
        'Nothing was changed',
    );
  }
  throw new StartError(
    `${to} is not empty, it holds ${name}; restore to another directory. Nothing was changed`,
  );
}

/**
 * The database comes last and is what makes a data directory: a server refuses a trail without one. Nothing that has
 * come in meanwhile is replaced.
 */
async function fill(to: string, draft: string): Promise<void> {
  const parts = (await readdir(draft)).sort((a, b) => Number(a === DATABASE) - Number(b === DATABASE));
  const placed: string[] = [];
  try {
    for (const name of parts) {
      const [from, target] = [join(draft, name), join(to, name)];
      await syncDirectory(to); // what came before is there when this is
      // A directory that is not empty is not replaced, a file would be.
      await (name === TRAIL ? rename(from, target) : placeNew(from, target));
      placed.push(target);
    }
  } catch (error) {
    for (const path of placed) await rm(path, { recursive: true });
    const { code } = error as NodeJS.ErrnoException;
    throw new StartError(`${to} could not be filled (${code}). Nothing was restored`, { cause: error });
  }
  await syncDirectory(to);
}

async function waysInto(database: string): Promise<readonly Kind[]> {
  const store = await openSqliteStore(database);
  try {
    return [...(await readWaysIn(store.settings)).wrapped.keys()];
  } finally {
    await store.close();
  }
}

/** Whatever the clock says, nothing is destroyed at once that has been rescued since the backup. */
async function doubtTheClock(database: string): Promise<void> {
  const store = await openSqliteStore(database);
  try {
    await forgetBelievedTime(store.settings);
  } finally {
    await store.close();
  }
}
