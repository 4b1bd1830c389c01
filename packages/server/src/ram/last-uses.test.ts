import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { sampleAccessKey, sampleAccount } from '../store/conformance/samples.ts';
import { emptyStores, testDirectory } from '../store/conformance/sqlite-files.ts';
import { LastUses } from './last-uses.ts';

const { store } = await emptyStores(testDirectory())();
after(() => store.close());
const id = 'LTAI';
await store.accounts.create(sampleAccount(), sampleAccessKey({ accessKeyId: id }));
const MINUTE = 60_000;

test('the last use is known at once, and in the store after a flush', async () => {
  const uses = new LastUses(store.ram);
  assert.equal(await uses.of(id), undefined);
  uses.note(id, 5 * MINUTE + 123);
  uses.note(id, 5 * MINUTE + 456);
  assert.equal(await uses.of(id), 5 * MINUTE);
  assert.equal(await store.ram.lastUse(id), undefined);
  await uses.flush();
  assert.equal(await store.ram.lastUse(id), 5 * MINUTE);
  assert.equal(await uses.of(id), 5 * MINUTE);
  assert.equal(await new LastUses(store.ram).of(id), 5 * MINUTE);
});

test('a flush that fails loses nothing, and what is noted meanwhile is flushed next', async () => {
  const gate = Promise.withResolvers<void>();
  const trouble = { on: true };
  const troubled = {
    ...store.ram,
    async putLastUses(given: ReadonlyMap<string, number>) {
      await gate.promise;
      if (trouble.on) throw new Error('the disk is full');
      await store.ram.putLastUses(given);
    },
  };
  const uses = new LastUses(troubled);
  uses.note(id, 7 * MINUTE);
  const failing = uses.flush();
  gate.resolve();
  await assert.rejects(failing, /full/);
  assert.equal(await uses.of(id), 7 * MINUTE);

  trouble.on = false;
  const flushing = uses.flush();
  uses.note(id, 8 * MINUTE);
  await flushing;
  assert.deepEqual([await store.ram.lastUse(id), await uses.of(id)], [7 * MINUTE, 8 * MINUTE]);
  await uses.flush();
  assert.equal(await store.ram.lastUse(id), 8 * MINUTE);
});
