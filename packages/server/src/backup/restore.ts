import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { dataPaths } from '../files/data-paths.ts';
import { syncDirectory } from '../files/sync-directory.ts';
import type { Kind } from '../root/root-key.ts';
import type { RootKeyChoice } from '../root/root-keys.ts';
import { readWaysIn } from '../root/ways-in.ts';
import { StartError } from '../start-error.ts';
import { openSqliteStore } from '../store/open-store.ts';
import { extract } from './extract.ts';
import type { Manifest } from './parts.ts';
import { type Verified, verifyData } from './verify-data.ts';

export interface Restored {
  readonly manifest: Manifest;
  readonly waysIn: readonly Kind[];
  readonly verified: Verified | undefined;
}

/**
 * Makes the data directory `to` of a backup, which must be missing or empty: whole or not at all, durably. With a root
 * key everything in it is tried first, and it is made only where nothing is wrong; without `to` it is only tried, below
 * the system's temporary directory. Throws StartError.
 */
export async function restore(
  from: string,
  { to, verifyWith }: { readonly to: string | undefined; readonly verifyWith: RootKeyChoice | undefined },
): Promise<Restored> {
  if (to !== undefined) await refuseOccupied(to);
  const draft = await newDraft(to);
  try {
    const manifest = await extract(from, draft);
    const verified = verifyWith && (await verifyData(draft, verifyWith));
    const waysIn = await waysInto(draft);
    if (to !== undefined && (verified === undefined || verified.problems.length === 0)) {
      await rename(draft, to); // fails where something has come into it meanwhile
      await syncDirectory(dirname(to));
    }
    return { manifest, waysIn, verified };
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

async function refuseOccupied(to: string): Promise<void> {
  const names = await readdir(to).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw new StartError(`${to} cannot be restored to (${error.code})`);
  });
  if (names.length === 0) return;
  throw new StartError(`${to} holds ${names.length} files; restore to a new directory. Nothing was changed`);
}

/** On the disk of the target, so that it can be renamed. */
async function newDraft(to: string | undefined): Promise<string> {
  if (to === undefined) return mkdtemp(join(tmpdir(), 'keyhold-verify-'));
  await mkdir(dirname(to), { recursive: true, mode: 0o700 });
  const draft = `${to}.${randomUUID()}.restoring`;
  await mkdir(draft, { mode: 0o700 });
  return draft;
}

async function waysInto(directory: string): Promise<readonly Kind[]> {
  const store = await openSqliteStore(dataPaths(directory).database);
  try {
    return [...(await readWaysIn(store.settings)).wrapped.keys()];
  } finally {
    await store.close();
  }
}
