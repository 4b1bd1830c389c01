import assert from 'node:assert/strict';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { HOME, OTHER_REGION, sampleKey, sampleVersion } from '../conformance/samples.ts';
import { testDirectory } from '../conformance/sqlite-files.ts';
import { openSqliteStore } from '../open-store.ts';

const directory = testDirectory();

test('a database of before gets the new columns, and its versions are counted', async () => {
  const file = join(directory, 'old.db');
  const fresh = await openSqliteStore(file);
  const keys = [HOME, HOME, OTHER_REGION].map((home) => sampleKey({ ...home, primaryVersionId: 'v' }));
  const versions = keys.map(({ keyId }) => sampleVersion(keyId, { keyVersionId: 'v' }));
  for (const [i, key] of keys.entries()) await fresh.keys.create(key, versions[i] ?? null, [], 10);
  await fresh.close();
  const old = new DatabaseSync(file);
  old.exec(`
    drop index keys_to_rotate; drop index keys_rotated_last; drop index keys_to_erase; drop table leases;
    alter table keys drop column rotation_interval; alter table keys drop column next_rotation_at;
    alter table key_versions drop column fingerprint; alter table key_versions drop column last_used_at;
    alter table homes drop column version_count;
    drop index keys_in_hsm; drop table condemned;
    delete from kysely_migration where name >= '0003-key-lifecycle';
  `);
  old.close();

  const store = await openSqliteStore(file);
  for (const [i, key] of keys.entries()) {
    assert.deepEqual(await store.keys.find(key.keyId), key);
    assert.deepEqual(await store.keys.findVersion(key.keyId, 'v'), versions[i]);
  }
  const [first, , far] = keys;
  assert.ok(first && far);
  const add = (key: typeof first, quota: number) =>
    store.keys.replaceWithVersion({ ...key, revision: 2 }, sampleVersion(key.keyId), quota);
  assert.equal(await add(first, 2), 'quota');
  assert.equal(await add(first, 3), 'replaced');
  assert.equal(await add(far, 1), 'quota');
  assert.equal(await store.leases.take('jobs', 'a', 0, 1), true);
  await store.close();
});

test('what is due is found by its index, however many keys there are', async () => {
  const file = join(directory, 'plans.db');
  await (await openSqliteStore(file)).close();
  const database = new DatabaseSync(file);
  const plan = (where: string): string =>
    database
      .prepare(`explain query plan select * from keys where ${where} limit 100`)
      .all()
      .map((row) => String(row.detail))
      .join('; ');
  const due = `state = 'Enabled' and next_rotation_at is not null`;
  for (const [where, index] of [
    ['delete_at <= ? order by delete_at, key_id', 'keys_to_delete'],
    ['material_expires_at <= ? order by material_expires_at, key_id', 'keys_to_erase'],
    [`${due} and next_rotation_at <= ? order by next_rotation_at, key_id`, 'keys_to_rotate'],
    [`${due} and last_rotation_at > ? order by last_rotation_at, key_id`, 'keys_rotated_last'],
  ] as const) {
    const found = plan(where);
    assert.match(found, new RegExp(`^SEARCH keys USING INDEX ${index} \\([^)]*$|^SEARCH .*${index} `));
    assert.doesNotMatch(found, /SCAN|TEMP B-TREE/, found);
  }
  database.close();
});
