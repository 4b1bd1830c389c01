import { randomUUID } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { dataPaths } from '@keyhold/server/files/data-paths.ts';
import type { Key, KeyVersion } from '@keyhold/server/keys/key.ts';
import { SoftwareEngine } from '@keyhold/server/keys/software-engine.ts';
import { openDomainKey } from '@keyhold/server/root/open-domain-key.ts';
import type { Steps } from '@keyhold/server/store/database.ts';
import { NodeSqlite } from '@keyhold/server/store/node-sqlite.ts';
import { openSqliteStore } from '@keyhold/server/store/open-store.ts';
import { rowOfKey, rowOfVersion } from '@keyhold/server/store/rows.ts';
import { SqliteFile } from '@keyhold/server/store/sqlite.ts';
import { REGION } from './requests.ts';
import { ACCOUNT_ID } from './servers.ts';

const KEYS_A_TRANSACTION = 10_000;
const BUSY_TIMEOUT_MS = 2000;

export interface Seeded {
  readonly dataDir: string;
  /** File with the key ids, one a line, in random order. */
  readonly keys: string;
}

/**
 * A data directory with `count` keys and an empty trail. Keys are made once and copied for every run.
 * Material is made and wrapped by the server's own code; only the one-transaction-a-key rule of the store is
 * left aside.
 */
export async function freshDataDir(folder: string, count: number): Promise<Seeded> {
  const original = join(folder, `${count}-keys`);
  const keys = `${original}.list`;
  if (!existsSync(keys)) {
    rmSync(original, { recursive: true, force: true });
    const keyIds = Array.from({ length: count }, () => randomUUID());
    await fill(original, keyIds);
    writeFileSync(keys, keyIds.map((keyId) => `${keyId}\n`).join(''));
  }
  const dataDir = `${original}.run`;
  rmSync(dataDir, { recursive: true, force: true });
  cpSync(original, dataDir, { recursive: true });
  return { dataDir, keys };
}

interface Made {
  readonly key: Key;
  readonly version: KeyVersion;
}

async function fill(dataDir: string, keyIds: readonly string[]): Promise<void> {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const databasePath = dataPaths(dataDir).database;
  const store = await openSqliteStore(databasePath);
  const rootKeyFile = join(dataDir, 'root-key');
  const domainKey = await openDomainKey(store.settings, {
    rootKeyFile,
    passphraseFile: undefined,
    databasePath,
  });
  const engine = new SoftwareEngine(domainKey, Date.now);

  // A second connection to the same file, for transactions of many keys.
  const database = new SqliteFile(new NodeSqlite(databasePath, BUSY_TIMEOUT_MS));
  const start = Date.now();
  // In the order of the index: a million random inserts would take minutes.
  const sorted = [...keyIds].sort();
  for (let at = 0; at < sorted.length; at += KEYS_A_TRANSACTION) {
    const batch = sorted.slice(at, at + KEYS_A_TRANSACTION).map(async (keyId, index) => {
      const key = newKey(keyId, start + at + index);
      const keyVersionId = key.primaryVersionId ?? '';
      const wrappedMaterial = await engine.generate(key, keyVersionId);
      return {
        key,
        version: { keyId, keyVersionId, createdAt: key.createdAt, wrappedMaterial, fingerprint: null },
      };
    });
    await database.change(insert(database, await Promise.all(batch)));
  }
  await database.change(countKeys(database, keyIds.length));
  await database.close();
  await store.close();
}

function newKey(keyId: string, createdAt: number): Key {
  return {
    keyId,
    accountId: ACCOUNT_ID,
    region: REGION,
    revision: 1,
    state: 'Enabled',
    description: '',
    keySpec: 'Aliyun_AES_256',
    keyUsage: 'ENCRYPT/DECRYPT',
    origin: 'Aliyun_KMS',
    protectionLevel: 'SOFTWARE',
    creator: ACCOUNT_ID,
    createdAt,
    deleteAt: null,
    materialExpiresAt: null,
    primaryVersionId: randomUUID(),
    lastRotationAt: null,
    rotationInterval: null,
    nextRotationAt: null,
    deletionProtection: false,
    deletionProtectionDescription: '',
  };
}

function* insert({ query }: SqliteFile, batch: readonly Made[]): Steps<void> {
  const [first] = batch;
  if (!first) return;
  // Compiled once: that takes longer than the insert.
  const insertKey = query.insertInto('keys').values(rowOfKey(first.key)).compile();
  const insertVersion = query.insertInto('key_versions').values(rowOfVersion(first.version)).compile();
  for (const { key, version } of batch) {
    yield { ...insertKey, parameters: Object.values(rowOfKey(key)) };
    yield { ...insertVersion, parameters: Object.values(rowOfVersion(version)) };
  }
}

function* countKeys({ query }: SqliteFile, count: number): Steps<void> {
  yield query
    .insertInto('homes')
    .values({
      account_id: ACCOUNT_ID,
      region: REGION,
      key_count: count,
      alias_count: 0,
      version_count: count,
    })
    .compile();
}
