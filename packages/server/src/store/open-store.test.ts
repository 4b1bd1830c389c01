import assert from 'node:assert/strict';
import { readdirSync, readFileSync, renameSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import {
  FIRST_PAGE,
  HOME,
  NO_QUOTA,
  sampleAlias,
  sampleKey,
  sampleVersion,
  storedKey,
} from './conformance/samples.ts';
import { emptyStores, testDirectory } from './conformance/sqlite-files.ts';
import { openSqliteStore } from './open-store.ts';
import { type Store, StoreUnavailable } from './store.ts';

const directory = testDirectory();
const open = emptyStores(directory);

const unavailable = (file: string) => (error: unknown) =>
  error instanceof StoreUnavailable && error.message.includes(file);

test('what was stored is there after reopening', async () => {
  const file = join(directory, 'new.db');
  // What a crash while making the file leaves behind.
  writeFileSync(`${file}.new`, 'half');
  const first = await openSqliteStore(file);
  const key = sampleKey();
  const version = sampleVersion(key.keyId);
  await first.keys.create(key, version, [{ tagKey: 'a', tagValue: 'b' }], NO_QUOTA);
  await first.aliases.create(sampleAlias(key.keyId, 'alias/a'), NO_QUOTA);
  await first.settings.put('name', new Uint8Array([1]));
  await first.close();
  await first.close();

  const second = await openSqliteStore(file);
  assert.deepEqual(await second.keys.find(key.keyId), key);
  assert.deepEqual(await second.keys.findVersion(key.keyId, version.keyVersionId), version);
  assert.equal((await second.aliases.find(HOME, 'alias/a'))?.keyId, key.keyId);
  assert.equal((await second.tags.list(key.keyId)).length, 1);
  assert.deepEqual(await second.settings.get('name'), new Uint8Array([1]));
  for (const name of readdirSync(directory).filter((each) => each.startsWith(basename(file)))) {
    assert.equal(statSync(join(directory, name)).mode & 0o777, 0o600, name);
  }
  await second.close();
});

test('a closed store says so', async () => {
  const { store, file } = await open();
  await store.close();
  await assert.rejects(store.keys.find('k'), unavailable(file));
  await assert.rejects(storedKey(store), unavailable(file));
});

test('material of a destroyed key is in no file afterwards', async () => {
  const { store, file } = await open();
  const material = Buffer.from('wrapped material that must be gone');
  const key = sampleKey({ state: 'PendingDeletion', deleteAt: 1 });
  await store.keys.create(key, sampleVersion(key.keyId, { wrappedMaterial: material }), [], NO_QUOTA);
  const holders = () => [file, `${file}-wal`].filter((name) => readFileSync(name).includes(material));
  assert.deepEqual(holders(), [`${file}-wal`]);
  await store.keys.destroyDue([key.keyId], 1);
  assert.deepEqual(holders(), []);
  await store.close();
});

test('a database of a newer server is refused, and left as it is', async () => {
  const { store, file } = await open();
  await store.close();
  const database = new DatabaseSync(file);
  database.exec(`insert into kysely_migration (name, timestamp) values ('0999-future', '')`);
  database.close();
  const before = readFileSync(file);
  await assert.rejects(
    openSqliteStore(file),
    (error) => unavailable(file)(error) && /newer server \(0999-future\)/.test(String(error)),
  );
  assert.deepEqual(readFileSync(file), before);
});

test('a file that is empty, or no database, is refused by name', async () => {
  for (const [name, content] of [
    ['empty.db', ''],
    ['text.db', 'This is no database, but a text of more than a hundred bytes. '.repeat(20)],
  ] as const) {
    const file = join(directory, name);
    writeFileSync(file, content);
    await assert.rejects(openSqliteStore(file), unavailable(file));
  }
  const nowhere = join(directory, 'no', 'such.db');
  await assert.rejects(openSqliteStore(nowhere), unavailable(nowhere));
});

test('a truncated file is refused by name', async () => {
  const { store, file } = await open();
  await filledWith(store, 300);
  await store.close();
  truncateSync(file, 8192);
  await assert.rejects(openAndRead(file), unavailable(file));
});

test('a file truncated while in use is refused by name', async () => {
  const { store, file } = await open();
  await filledWith(store, 300);
  await store.close();
  const again = await openSqliteStore(file);
  truncateSync(file, 8192);
  await assert.rejects(again.keys.list(HOME, [], FIRST_PAGE), unavailable(file));
  await again.close().catch(() => undefined);
});

test('a file replaced while in use takes no more writes', async () => {
  const { store, file } = await open();
  const { store: restored, file: backup } = await open();
  await restored.close();
  const key = await storedKey(store);
  renameSync(backup, file);
  await assert.rejects(storedKey(store), unavailable(file));
  await assert.rejects(store.keys.replace({ ...key, revision: 2 }), unavailable(file));
  await store.close();
});

test('every index the planner is told of exists', async () => {
  const { store, file } = await open();
  await store.close();
  const database = new DatabaseSync(file);
  const indexes = database.prepare(`select name from sqlite_schema where type = 'index'`).all();
  const told = database.prepare('select idx from sqlite_stat1').all();
  assert.ok(told.length > 0);
  for (const { idx } of told)
    assert.ok(
      indexes.some(({ name }) => name === idx),
      String(idx),
    );
  database.close();
});

async function filledWith(store: Store, count: number): Promise<void> {
  for (let i = 0; i < count; i++) await storedKey(store, { description: 'd'.repeat(500), createdAt: i });
}

async function openAndRead(file: string): Promise<void> {
  const store = await openSqliteStore(file);
  try {
    await store.keys.list(HOME, [], { offset: 0, limit: 1000 });
  } finally {
    await store.close().catch(() => undefined);
  }
}
