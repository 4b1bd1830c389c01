import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { FIRST_PAGE, HOME, NO_QUOTA, sampleKey, sampleVersion } from './conformance/samples.ts';
import { emptyStores, testDirectory } from './conformance/sqlite-files.ts';
import { NodeSqlite } from './node-sqlite.ts';
import { openSqliteStore } from './open-store.ts';
import { sqlStore } from './sql-store.ts';
import { SqliteFile } from './sqlite.ts';
import { type Store, StoreUnavailable } from './store.ts';

const directory = testDirectory();
const open = emptyStores(directory);

test('a database that may not grow: no half change, and it goes on when it may', async () => {
  const { store: made, file } = await open();
  await made.close();
  const sqlite = new NodeSqlite(file, 0);
  sqlite.exec('pragma foreign_keys = on; pragma max_page_count = 60');
  const store = sqlStore(new SqliteFile(sqlite));
  await staysWhole(store, file, () => sqlite.exec('pragma max_page_count = 100000'));
});

test('a disk that is full: no half change, and it goes on when there is room', async () => {
  const disk = join(directory, 'disk');
  mkdirSync(disk);
  // Only root may mount; the test above covers the same error for others.
  const mounted =
    process.getuid?.() === 0 && succeeds('mount', '-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', disk);
  try {
    if (!mounted) return;
    const file = join(disk, 'full.db');
    const store = await openSqliteStore(file);
    const ballast = join(disk, 'ballast');
    fill(ballast);
    await staysWhole(store, file, () => rmSync(ballast));
  } finally {
    // Lazily: a failed test leaves files open.
    if (mounted) execFileSync('umount', ['--lazy', disk]);
  }
});

/** Creates keys until one is refused, makes room, and checks that all confirmed keys and no other exist. */
async function staysWhole(store: Store, file: string, makeRoom: () => void): Promise<void> {
  const confirmed: string[] = [];
  const create = async () => {
    const key = sampleKey({ description: 'd'.repeat(8192) });
    const tags = [{ tagKey: 'a', tagValue: 'b' }];
    await store.keys.create(key, sampleVersion(key.keyId), tags, NO_QUOTA);
    confirmed.push(key.keyId);
  };
  const refused = async () => {
    for (let i = 0; i < 2000; i++) await create();
  };
  const unavailable = (error: unknown) => error instanceof StoreUnavailable && error.message.includes(file);
  await assert.rejects(refused(), unavailable);
  await assert.rejects(refused(), unavailable);
  const early = await store.keys.list(HOME, [], FIRST_PAGE);
  assert.equal(early.total, confirmed.length);

  makeRoom();
  await create();
  const { total, rows } = await store.keys.list(HOME, [], { offset: 0, limit: 5000 });
  assert.equal(total, confirmed.length);
  assert.deepEqual(rows.map((key) => key.keyId).sort(), confirmed.sort());
  for (const { keyId } of rows) {
    assert.equal((await store.keys.listVersions(keyId, FIRST_PAGE)).total, 1);
    assert.equal((await store.tags.list(keyId)).length, 1);
  }
  await store.close();
}

function fill(file: string): void {
  const opened = openSync(file, 'w');
  const block = Buffer.alloc(4096);
  try {
    for (;;) writeSync(opened, block);
  } catch (error) {
    assert.equal((error as NodeJS.ErrnoException).code, 'ENOSPC');
  } finally {
    closeSync(opened);
  }
}

function succeeds(command: string, ...parameters: string[]): boolean {
  try {
    execFileSync(command, parameters, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
