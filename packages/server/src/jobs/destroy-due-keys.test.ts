import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NO_QUOTA, sampleKey, sampleVersion } from '../store/conformance/samples.ts';
import { emptyStores, testDirectory } from '../store/conformance/sqlite-files.ts';
import type { Entry } from '../trail/entry.ts';
import { TrailUnavailable } from '../trail/trail.ts';
import { destroyDueKeys } from './destroy-due-keys.ts';

const openStore = emptyStores(testDirectory());

/** A store with two keys that are due and one that is not, and a trail that fails when told to. */
async function setUp() {
  const { store } = await openStore();
  const due = [1000, 999].map((deleteAt) => sampleKey({ state: 'PendingDeletion', deleteAt }));
  const later = sampleKey({ state: 'PendingDeletion', deleteAt: 1001 });
  for (const key of [...due, later]) {
    await store.keys.create(key, sampleVersion(key.keyId), [], NO_QUOTA);
  }
  const entries: Entry[] = [];
  const trail = {
    fails: false,
    async append(entry: Entry) {
      if (trail.fails) throw new TrailUnavailable('on purpose');
      entries.push(entry);
    },
    problem: () => undefined,
    close: async () => undefined,
  };
  let ids = 0;
  return { ports: { store, trail, now: () => 1000, newId: () => String(++ids) }, due, later, entries };
}

test('each destroyed key leaves an intent and what was done, under one request id', async () => {
  const { ports, due, later, entries } = await setUp();
  assert.equal(await destroyDueKeys(ports), 2);
  for (const { keyId } of due) {
    assert.equal(await ports.store.keys.find(keyId), undefined);
    const [intent, done, ...more] = entries.filter((entry) => entry.parameters.KeyId === keyId);
    assert.deepEqual([intent?.kind, done?.kind, more.length], ['intent', 'service', 0]);
    assert.equal(intent?.requestId, done?.requestId);
  }
  assert.ok(await ports.store.keys.find(later.keyId));
  assert.equal(await destroyDueKeys(ports), 0);
});

test('nothing is destroyed while its intent cannot be written', async () => {
  const { ports, due } = await setUp();
  ports.trail.fails = true;
  await assert.rejects(destroyDueKeys(ports), TrailUnavailable);
  for (const { keyId } of due) assert.ok(await ports.store.keys.find(keyId));
  ports.trail.fails = false;
  assert.equal(await destroyDueKeys(ports), 2);
});
