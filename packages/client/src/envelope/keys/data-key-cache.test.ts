import assert from 'node:assert/strict';
import { describe, mock, test } from 'node:test';
import fc from 'fast-check';
import { decryptBytes, encryptBytes } from '../bytes.ts';
import { CMK, MemoryKms, OTHER_CMK } from '../test-kit/memory-kms.ts';
import { type DataKey, DataKeyCache } from './data-key-cache.ts';

/** Makes data keys, and remembers them so that a test can see them wiped. */
function maker() {
  const made: Uint8Array[] = [];
  const make = async (): Promise<DataKey> => {
    const dataKey = new Uint8Array(32).fill(made.length + 1);
    made.push(dataKey);
    return { dataKey, recipients: [] };
  };
  return { made, make };
}
const wiped = (key: Uint8Array | undefined): boolean => key?.every((byte) => byte === 0) ?? false;
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('the data key cache', () => {
  test('gives a key for as many messages and bytes as allowed, then wipes it and makes another', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 5 }),
        fc.array(fc.nat(60), { maxLength: 20 }),
        async (maxMessages, sizes) => {
          const { made, make } = maker();
          const cache = new DataKeyCache({ maxMessages, maxBytes: 50 });
          const used = new Map<number, { messages: number; bytes: number }>();
          for (const bytes of sizes) {
            const { dataKey } = await cache.forWriting('a', bytes, make);
            const number = dataKey[0] ?? 0;
            const use = used.get(number) ?? { messages: 0, bytes: 0 };
            used.set(number, { messages: use.messages + 1, bytes: use.bytes + bytes });
          }
          for (const [, use] of used) {
            assert.ok(use.messages <= maxMessages);
            assert.ok(use.bytes <= 50 || use.messages === 1, 'what is larger gets a key of its own');
          }
          cache.wipe();
          await settled();
          assert.equal(cache.size, 0);
          assert.ok(made.filter((key) => !wiped(key)).length <= sizes.filter((size) => size > 50).length);
        },
      ),
      { numRuns: 50 },
    );
  });

  test('makes one call for concurrent misses, and wipes a dropped key after the last taker has its copy', async () => {
    const cache = new DataKeyCache();
    const { promise: gate, resolve: open } = Promise.withResolvers<void>();
    const { made, make } = maker();
    const slow = async (): Promise<DataKey> => {
      await gate;
      return make();
    };
    const takers = Array.from({ length: 5 }, () => cache.forWriting('a', 1, slow));
    cache.wipe();
    open();
    const keys = await Promise.all(takers);
    assert.equal(made.length, 1);
    assert.ok(
      keys.every(({ dataKey }) => dataKey[0] === 1),
      'copies stay whole',
    );
    await settled();
    assert.ok(wiped(made[0]));
  });

  test('forgets by age, also when nobody asks again', async () => {
    mock.timers.enable({ apis: ['setTimeout'] });
    try {
      const { made, make } = maker();
      const cache = new DataKeyCache({ maxAgeMs: 1000 });
      await cache.forWriting('a', 1, make);
      mock.timers.tick(999);
      await cache.forWriting('a', 1, make);
      assert.equal(made.length, 1);
      mock.timers.tick(1);
      await settled();
      assert.ok(wiped(made[0]) && cache.size === 0);
    } finally {
      mock.timers.reset();
    }
  });

  test('holds as many entries as allowed; the one that was not used for longest goes, wiped', async () => {
    const { made, make } = maker();
    const cache = new DataKeyCache({ maxEntries: 2 });
    for (const name of ['a', 'b', 'a', 'c']) await cache.forWriting(name, 1, make);
    await settled();
    assert.equal(cache.size, 2);
    assert.deepEqual(made.map(wiped), [false, true, false]);
  });

  test('does not remember a failure', async () => {
    const cache = new DataKeyCache();
    const { make } = maker();
    const failing = () => Promise.reject(new Error('down'));
    await Promise.all([0, 1].map(() => assert.rejects(cache.forWriting('a', 1, failing), /down/)));
    assert.equal((await cache.forWriting('a', 1, make)).dataKey[0], 1);
  });

  test('tells apart CMKs, contexts, connections, and writing from reading', async () => {
    const kms = new MemoryKms();
    const other = new MemoryKms();
    using cache = new DataKeyCache();
    const base = { connect: kms.connect, cmks: [CMK], context: { ab: 'c' }, cache };
    const variants = [
      base,
      { ...base, cmks: [OTHER_CMK] },
      { ...base, cmks: [CMK, OTHER_CMK] },
      { ...base, context: { a: 'bc' } },
      { ...base, context: {} },
      { ...base, connect: other.connect },
    ];
    const files = [];
    for (let round = 0; round < 3; round++) {
      for (const options of variants)
        files.push({ options, file: await encryptBytes(new Uint8Array(5), options) });
    }
    const generated = [...kms.calls, ...other.calls].filter(({ action }) => action === 'GenerateDataKey');
    assert.equal(generated.length, variants.length);
    const before = kms.calls.length + other.calls.length;
    for (const { options, file } of files) {
      const { connect, cmks: allow } = options;
      assert.deepEqual(await decryptBytes(file, { connect, allow, cache }), new Uint8Array(5));
    }
    assert.equal(kms.calls.length + other.calls.length - before, variants.length, 'one Decrypt per data key');
  });
});
