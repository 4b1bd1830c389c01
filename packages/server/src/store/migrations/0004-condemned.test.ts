import assert from 'node:assert/strict';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { NO_QUOTA, sampleKey, sampleVersion } from '../conformance/samples.ts';
import { testDirectory } from '../conformance/sqlite-files.ts';
import { openSqliteStore } from '../open-store.ts';

const directory = testDirectory();

test('a database of before knows of its HSM keys, and what is condemned from now on', async () => {
  const file = join(directory, 'old.db');
  const fresh = await openSqliteStore(file);
  const key = sampleKey({ protectionLevel: 'HSM', state: 'PendingDeletion', deleteAt: 1 });
  await fresh.keys.create(key, sampleVersion(key.keyId), [], NO_QUOTA);
  await fresh.close();
  const old = new DatabaseSync(file);
  old.exec(`
    drop index keys_in_hsm; drop table condemned;
    delete from kysely_migration where name = '0004-condemned';
  `);
  old.close();

  const store = await openSqliteStore(file);
  assert.deepEqual([await store.keys.hasHsmKeys(), await store.keys.listCondemned(9)], [true, []]);
  await store.keys.destroyDue([key.keyId], 1);
  assert.deepEqual(await store.keys.listCondemned(9), [{ keyId: key.keyId, revision: 1 }]);
  await store.close();
});

test('that there is no HSM key is known without looking at the others', async () => {
  const file = join(directory, 'plans.db');
  await (await openSqliteStore(file)).close();
  const database = new DatabaseSync(file);
  const [plan] = database
    .prepare(`explain query plan select key_id from keys where protection_level = 'HSM' limit 1`)
    .all();
  assert.match(String(plan?.detail), /INDEX keys_in_hsm/);
  database.close();
});
