import assert from 'node:assert/strict';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Migrator } from 'kysely/migration';
import { Directories } from '../ram/directories.ts';
import { newDomainKey, sampleUser, sealedAccessKey } from '../ram/test-kit/samples.ts';
import { makeUser } from '../ram/users.ts';
import { sampleAccount } from './conformance/samples.ts';
import { testDirectory } from './conformance/sqlite-files.ts';
import { initial } from './migrations/0001-initial.ts';
import { NodeSqlite } from './node-sqlite.ts';
import { openSqliteStore } from './open-store.ts';
import { rowOfAccessKey, rowOfAccount } from './rows.ts';
import { SqliteFile } from './sqlite.ts';

test('accounts of a database from before RAM keep their access keys, and get users', async () => {
  const file = join(testDirectory(), 'before.db');
  const domainKey = newDomainKey();
  const accessKey = sealedAccessKey(domainKey, 'LTAIbefore');
  const account = sampleAccount({ accountId: accessKey.accountId });

  closeSync(openSync(file, 'wx', 0o600));
  const sqlite = new NodeSqlite(file, 1000);
  sqlite.exec('pragma journal_mode = wal');
  const before = new SqliteFile(sqlite);
  const getMigrations = async () => ({ '0001-initial': initial });
  await new Migrator({ db: before.query, provider: { getMigrations } }).migrateToLatest();
  await before.query.insertInto('accounts').values(rowOfAccount(account)).execute();
  await before.query.insertInto('access_keys').values(rowOfAccessKey(accessKey)).execute();
  await before.close();

  const store = await openSqliteStore(file);
  const directories = new Directories(domainKey, store.ram);
  const [kept] = (await directories.get(account.accountId)).accessKeysOf('root');
  assert.equal(kept?.accessKeyId, 'LTAIbefore');
  await directories.change(account.accountId, (directory) => makeUser(directory, sampleUser('ann')));
  const after = await directories.get(account.accountId);
  assert.deepEqual([after.revision, after.user('ann')?.userName], [1, 'ann']);
  await store.close();
});
