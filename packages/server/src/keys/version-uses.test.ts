import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { VersionUse } from '../store/store.ts';
import { VersionUses } from './version-uses.ts';

const HOUR = 3_600_000;

/** A store that counts what it is told, and fails when told to. */
function setUp() {
  const store = {
    fails: false,
    written: [] as VersionUse[],
    async noteUses(uses: readonly VersionUse[]) {
      if (store.fails) throw new Error('on purpose');
      store.written.push(...uses);
    },
    lastUses: async (keyId: string) => store.written.filter((use) => use.keyId === keyId),
  };
  const clock = { now: 10 * HOUR + 5 };
  return { store, clock, uses: new VersionUses(store, () => clock.now) };
}

test('a version in constant use is written once an hour', async () => {
  const { store, clock, uses } = setUp();
  for (let minute = 0; minute < 180; minute++) {
    for (let i = 0; i < 100; i++) uses.note('k', 'v');
    await uses.flush();
    clock.now += 60_000;
  }
  assert.deepEqual(
    store.written.map(({ usedAt }) => usedAt / HOUR),
    [10, 11, 12],
  );
});

test('the last use is known before it is written, of a version and of its key', async () => {
  const { store, clock, uses } = setUp();
  assert.equal(await uses.lastUse('k'), null);
  uses.note('k', 'v');
  assert.deepEqual(store.written, []);
  assert.equal(await uses.lastUse('k', 'v'), 10 * HOUR);
  assert.equal(await uses.lastUse('k', 'w'), null);
  await uses.flush();
  clock.now += 2 * HOUR;
  uses.note('k', 'w');
  assert.equal(await uses.lastUse('k', 'v'), 10 * HOUR);
  assert.equal(await uses.lastUse('k'), 12 * HOUR);
  assert.equal(await uses.lastUse('other'), null);
});

test('what could not be written is written later', async () => {
  const { store, uses } = setUp();
  for (let i = 0; i < 2500; i++) uses.note('k', `v${i}`);
  store.fails = true;
  await assert.rejects(uses.flush());
  assert.equal(await uses.lastUse('k', 'v2499'), 10 * HOUR);
  store.fails = false;
  await uses.flush();
  assert.equal(new Set(store.written.map(({ keyVersionId }) => keyVersionId)).size, 2500);
});
