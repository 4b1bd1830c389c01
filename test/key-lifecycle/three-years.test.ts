import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { test } from 'node:test';
import { DueJobs } from '@keyhold/server/jobs/due-jobs.ts';
import { NO_QUOTA, nextRotation } from '@keyhold/server/keys/add-version.ts';
import { parseCiphertext } from '@keyhold/server/keys/ciphertext.ts';
import { DomainKey } from '@keyhold/server/keys/domain-key.ts';
import type { Key } from '@keyhold/server/keys/key.ts';
import { Keyring } from '@keyhold/server/keys/keyring.ts';
import { SoftwareEngine } from '@keyhold/server/keys/software-engine.ts';
import { VersionUses } from '@keyhold/server/keys/version-uses.ts';
import { Directories } from '@keyhold/server/ram/directories.ts';
import { SecretBytes } from '@keyhold/server/secret-bytes.ts';
import { cached } from '@keyhold/server/store/cached-store.ts';
import { sampleKey } from '@keyhold/server/store/conformance/samples.ts';
import { testDirectory } from '@keyhold/server/store/conformance/sqlite-files.ts';
import { migrate } from '@keyhold/server/store/migrations/migrate.ts';
import { NodeSqlite } from '@keyhold/server/store/node-sqlite.ts';
import { sqlStore } from '@keyhold/server/store/sql-store.ts';
import { SqliteFile } from '@keyhold/server/store/sqlite.ts';
import { type Store, StoreUnavailable } from '@keyhold/server/store/store.ts';
import type { Entry } from '@keyhold/server/trail/entry.ts';
import { dying, randomFrom } from './dying-store.ts';

const DAY = 86_400_000;
const WEEK_S = 7 * 86_400;
const START = Date.parse('2026-01-01T00:00:00Z');
const KEYS = 100;
const END = START + 3 * 365 * DAY;
/** A server looks every second; the lease of one that crashed lasts for a minute, and the next may crash too. */
const LATEST_MS = 300_000;

const domainKey = new DomainKey(new SecretBytes(Buffer.alloc(32, 7)));
const random = randomFrom(20_260_101);

/** Without waiting for the disk: what survives power loss is tested elsewhere. */
async function fastStore(): Promise<Store> {
  const sqlite = new NodeSqlite(join(testDirectory(), 'three-years.db'), 0);
  sqlite.exec(
    'pragma journal_mode = wal; pragma synchronous = off; pragma foreign_keys = on; begin immediate; commit;',
  );
  const database = new SqliteFile(sqlite);
  await migrate(database.query);
  return sqlStore(database);
}

test('three years of weekly rotations of a hundred keys, with crashes in between', async () => {
  const disk = await fastStore();
  const entries: Entry[] = [];
  const trail = {
    append: async (entry: Entry) => void entries.push(entry),
    problem: () => undefined,
    close: async () => undefined,
  };
  let now = START;
  let crashes = 0;

  /** A server's life: it ends at a random point of its dealings with the store. */
  const boot = (lives: number) => {
    const store = dying(disk, lives);
    const seen = cached(store, { keys: 1000, versions: 1000, aliases: 1, accessKeys: 1, clock: () => now });
    const clock = () => now;
    const uses = new VersionUses(seen.keys, clock);
    const keyring = new Keyring({ SOFTWARE: new SoftwareEngine(domainKey, clock) }, seen.keys, uses);
    const failures: unknown[] = [];
    const onFailure = (error: unknown) => failures.push(error);
    const ram = new Directories(domainKey, seen.ram);
    const ports = {
      store: seen,
      keyring,
      ram,
      trail,
      now: clock,
      steady: clock,
      isClockDoubted: () => false,
      newId: randomUUID,
      onFailure,
    };
    return { store: seen, keyring, jobs: new DueJobs(ports), failures };
  };

  const setUp = boot(Number.POSITIVE_INFINITY);
  const keyIds: string[] = [];
  for (let i = 0; i < KEYS; i++) {
    const createdAt = START + (i % 7) * DAY;
    const key: Key = sampleKey({
      createdAt,
      lastRotationAt: createdAt,
      primaryVersionId: randomUUID(),
      rotationInterval: WEEK_S,
      nextRotationAt: nextRotation(createdAt, WEEK_S),
    });
    const version = await setUp.keyring.newVersion(key, key.primaryVersionId ?? '');
    await disk.keys.create(key, version, [], NO_QUOTA);
    keyIds.push(key.keyId);
  }

  const ciphertexts: { readonly key: string; readonly blob: Buffer; readonly text: string }[] = [];
  const encrypted = new Set<string>();
  let server = boot(random(400));
  now = START + 7 * DAY;
  while (now < END) {
    // Second by second until what is due is done: each may end in a crash, and the next server goes on.
    for (let second = 0; second < LATEST_MS / 1000; second++) {
      await server.jobs.run();
      now += 1000;
      if (server.failures.length > 0) {
        assert.ok(
          server.failures.every((error) => error instanceof StoreUnavailable),
          String(server.failures[0]),
        );
        crashes++;
        server = boot(50 + random(400));
        continue;
      }
      if ((await disk.keys.listDue('rotation', now, 1)).length === 0) break;
    }
    let soonest = Number.POSITIVE_INFINITY;
    for (const keyId of keyIds) {
      const key = (await disk.keys.find(keyId)) ?? assert.fail();
      soonest = Math.min(soonest, key.nextRotationAt ?? 0);
      const version = key.primaryVersionId ?? '';
      assert.ok((key.nextRotationAt ?? 0) > now, 'no rotation is overdue');
      assert.equal(key.nextRotationAt, (key.lastRotationAt ?? 0) + WEEK_S * 1000);
      if (encrypted.has(version)) continue;
      encrypted.add(version);
      const text = `under ${version}`;
      const { blob, keyVersionId } = await setUp.keyring.encrypt(key, Buffer.from(text), { keyId });
      assert.equal(keyVersionId, version);
      ciphertexts.push({ key: keyId, blob, text });
    }
    // Off until then, and a while longer.
    now = soonest + random(LATEST_MS);
  }

  const later = boot(Number.POSITIVE_INFINITY);
  for (const { key: keyId, blob, text } of ciphertexts) {
    const key = (await later.store.keys.find(keyId)) ?? assert.fail();
    const parsed = parseCiphertext('CiphertextBlob', blob.toString('base64'));
    assert.equal((await later.keyring.decrypt(key, parsed, { keyId })).toString(), text);
  }

  const made = new Set<string>();
  for (const keyId of keyIds) {
    const key = (await disk.keys.find(keyId)) ?? assert.fail();
    const { total, rows } = await disk.keys.listVersions(keyId, { offset: 0, limit: 1000 });
    assert.ok(total >= 155 && total <= 157, `${total} versions`);
    assert.equal(rows.at(-1)?.keyVersionId, key.primaryVersionId);
    assert.equal(rows.at(-1)?.createdAt, key.lastRotationAt);
    for (const [index, version] of rows.entries()) {
      made.add(version.keyVersionId);
      if (index === 0) continue;
      const apart = version.createdAt - (rows[index - 1]?.createdAt ?? 0) - WEEK_S * 1000;
      assert.ok(apart >= 0 && apart <= 2 * LATEST_MS, `${apart} ms late`);
    }
  }

  // The trail says of every rotation that it was made, but for those a crash cut short; and of no other.
  const told = new Set(
    entries.filter(({ kind }) => kind === 'service').map(({ parameters }) => String(parameters.KeyVersionId)),
  );
  assert.ok([...told].every((version) => made.has(version)));
  const cutShort = made.size - KEYS - told.size;
  const ended = new Set(entries.filter(({ kind }) => kind === 'service').map(({ requestId }) => requestId));
  const open = entries.filter(({ kind, requestId }) => kind === 'intent' && !ended.has(requestId)).length;
  assert.ok(cutShort >= 0 && cutShort <= open, `${cutShort} untold rotations, ${open} open intents`);
  assert.ok(
    crashes > 30 && ciphertexts.length > KEYS * 150,
    `${crashes} crashes, ${ciphertexts.length} texts`,
  );
  await disk.close();
});
