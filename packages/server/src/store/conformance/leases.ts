import assert from 'node:assert/strict';
import type { StoreTest } from './store-test.ts';

export function leasesConformance(test: StoreTest): void {
  test('a lease has one holder until it ends, is renewed by that one, and may be given back', async ({
    leases,
  }) => {
    assert.equal(await leases.take('jobs', 'a', 1000, 100), true);
    assert.equal(await leases.take('jobs', 'b', 1000, 100), false);
    assert.equal(await leases.take('other', 'b', 1000, 100), true);
    assert.equal(await leases.take('jobs', 'a', 1050, 100), true);
    assert.equal(await leases.take('jobs', 'b', 1149, 100), false);
    assert.equal(await leases.take('jobs', 'b', 1150, 100), true);
    assert.equal(await leases.take('jobs', 'a', 1150, 100), false);
    await leases.release('jobs', 'a');
    assert.equal(await leases.take('jobs', 'a', 1150, 100), false, 'not its own to give back');
    await leases.release('jobs', 'b');
    assert.equal(await leases.take('jobs', 'a', 1150, 100), true);
  });

  test('a clock set back does not lock everybody out', async ({ leases }) => {
    assert.equal(await leases.take('jobs', 'a', 1e9, 100), true);
    assert.equal(await leases.take('jobs', 'b', 1000, 100), true);
    assert.equal(await leases.take('jobs', 'c', 1000, 100), false);
  });

  test('of many that ask at once, one gets it', async ({ leases }) => {
    const taken = await Promise.all(
      Array.from({ length: 20 }, (_, i) => leases.take('race', String(i), 0, 100)),
    );
    assert.equal(taken.filter(Boolean).length, 1);
  });
}
