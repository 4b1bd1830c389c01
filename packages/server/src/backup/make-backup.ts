import { randomUUID } from 'node:crypto';
import { link, open, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import packageJson from '../../package.json' with { type: 'json' };
import { dataPaths } from '../files/data-paths.ts';
import { exists } from '../files/exists.ts';
import { syncDirectory } from '../files/sync-directory.ts';
import { StartError } from '../start-error.ts';
import { NodeSqlite } from '../store/node-sqlite.ts';
import { checkpointsName, listCheckpointFiles } from '../trail/checkpoints/notes.ts';
import { listSegments, segmentName } from '../trail/segments.ts';
import { BackupWriter, MovedOn } from './backup-writer.ts';
import { DATABASE, newManifest, PUBLIC_KEY, TRAIL } from './parts.ts';

const BUSY_TIMEOUT_MS = 5000;
/** Retention removes segments every ten minutes at most. */
const TRIES = 3;

export interface Backup {
  readonly bytes: number;
  readonly segments: number;
}

/**
 * Copies a data directory into the new file `out`, which its owner alone can read; whole or not at all, durably. A
 * server may be running: the database is copied as it stands at one moment, and then the trail, which is therefore
 * never behind it. Needs no root key. Throws StartError.
 */
export async function makeBackup(dataDir: string, out: string): Promise<Backup> {
  if (await exists(out)) throw new StartError(`${out} exists; nothing was replaced`);
  for (let tried = 1; ; tried++) {
    try {
      return await attempt(dataDir, out);
    } catch (error) {
      if (!(error instanceof MovedOn) || tried === TRIES) throw readable(error, out);
    }
  }
}

async function attempt(dataDir: string, out: string): Promise<Backup> {
  const paths = dataPaths(dataDir);
  const draft = `${out}.${randomUUID()}`;
  const [snapshot, whole] = [`${draft}.db`, `${draft}.new`];
  try {
    const begun = new Date();
    const [first] = await listSegments(paths.trail);
    await copyDatabase(paths.database, snapshot);
    await using file = await open(whole, 'wx', 0o600);
    const writer = new BackupWriter(file, begun.getTime());
    await writer.add(DATABASE, snapshot, (await stat(snapshot)).size);
    await rm(snapshot);
    if (await exists(paths.trailPublicKey)) {
      await writer.add(PUBLIC_KEY, paths.trailPublicKey, (await stat(paths.trailPublicKey)).size);
    }
    const segments = await addTrail(writer, paths.trail);
    if ((await listSegments(paths.trail))[0] !== first) throw new MovedOn('the trail begins elsewhere now');
    const versions = { keyhold: packageJson.version, node: process.version, begun: begun.toISOString() };
    const bytes = await writer.finish(newManifest(versions));
    await link(whole, out); // unlike rename, fails where the target exists
    return { bytes, segments };
  } finally {
    for (const path of [snapshot, whole]) await rm(path, { force: true });
    await syncDirectory(dirname(out)).catch(() => undefined); // where there is none, that has been said
  }
}

/** One consistent state, without the server having to wait; what was deleted is not in it. */
async function copyDatabase(from: string, to: string): Promise<void> {
  await (await open(to, 'wx', 0o600)).close(); // SQLite would make it for others to read
  const sqlite = new NodeSqlite(from, BUSY_TIMEOUT_MS);
  try {
    sqlite.exec(`vacuum into '${to.replaceAll("'", "''")}'`);
  } finally {
    sqlite.close();
  }
}

/** Checkpoints before segments, by their sizes: of a running server both grow, and what is signed must be there. */
async function addTrail(writer: BackupWriter, directory: string): Promise<number> {
  const sized = async (name: string) => {
    const size = await stat(join(directory, name)).then(
      (stats) => stats.size,
      () => {
        throw new MovedOn(`${name} was removed`);
      },
    );
    return { name, size };
  };
  const files = await Promise.all((await listCheckpointFiles(directory)).map(checkpointsName).map(sized));
  const segments = await Promise.all((await listSegments(directory)).map(segmentName).map(sized));
  for (const { name, size } of [...files, ...segments]) {
    await writer.add(`${TRAIL}/${name}`, join(directory, name), size);
  }
  return segments.length;
}

function readable(error: unknown, out: string): unknown {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'EEXIST') return new StartError(`${out} exists; nothing was replaced`);
  if (code === 'ENOSPC') return new StartError(`the disk of ${out} is full; nothing was kept of the backup`);
  if (error instanceof Error) return new StartError(`no backup was made: ${error.message}`, { cause: error });
  return error;
}
