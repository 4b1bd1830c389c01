import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FileCount } from './file-count.ts';

test('what is done of files at work counts, together with those that are finished', async () => {
  const told: number[] = [];
  const count = new FileCount(4, ({ files, total }) => {
    assert.equal(total, 4);
    told.push(files);
  });
  const other = Promise.withResolvers<void>();
  count.finish(1);
  const failing = count.during(async (onBytes) => {
    onBytes({ bytes: 1, total: 4 });
    await other.promise;
    throw new Error('damaged');
  });
  await count.during(async (onBytes) => {
    onBytes({ bytes: 0, total: 0 });
    onBytes({ bytes: 100, total: 200 });
  });
  other.resolve();
  await assert.rejects(failing, /damaged/);
  assert.deepEqual(told, [1, 1.25, 1.25, 1.75, 2.25, 3]);
});
