import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { softwareToken } from '../hsm/software-token.ts';
import { DomainKey } from '../keys/domain-key.ts';
import type { Key } from '../keys/key.ts';
import { TokenEngine } from '../keys/token-engine.ts';
import { SecretBytes } from '../secret-bytes.ts';
import { NO_QUOTA, sampleKey } from '../store/conformance/samples.ts';
import { emptyStores, testDirectory } from '../store/conformance/sqlite-files.ts';
import { TokenSweep } from './sweep-token.ts';

const openStore = emptyStores(testDirectory());
const HOUR = 3_600_000;

async function setUp() {
  const { store } = await openStore();
  const world = { now: 1000 * HOUR, steady: 0, told: [] as string[], up: true };
  const real = softwareToken();
  const token = { ...real, health: () => ({ ...real.health(), up: world.up }) };
  const domainKey = new DomainKey(new SecretBytes(Buffer.alloc(32, 7)));
  const engine = new TokenEngine(token, domainKey, ['cn-hangzhou'], () => world.now);
  const sweepOver = () =>
    new TokenSweep({
      token,
      engine,
      keys: store.keys,
      now: () => world.now,
      steady: () => world.steady,
      onOrphans: (labels) => world.told.push(...labels),
    });
  const made = async (key: Key, keyVersionId = key.primaryVersionId ?? '') => {
    const wrappedMaterial = await engine.generate(key, keyVersionId);
    const label = engine.labelOf(key, keyVersionId, wrappedMaterial);
    return {
      label,
      row: { keyId: key.keyId, keyVersionId, createdAt: 0, wrappedMaterial, fingerprint: null },
    };
  };
  const stored = async () => {
    const key = sampleKey({ protectionLevel: 'HSM', primaryVersionId: randomUUID() });
    const version = await made(key);
    await store.keys.create(key, version.row, [], NO_QUOTA);
    return { key, ...version };
  };
  const labels = async () => new Set(await token.list(''));
  return { store, world, token, engine, sweep: sweepOver(), sweepOver, made, stored, labels };
}

test('what a crash left is destroyed after a day, and nothing that a row names', async () => {
  const { store, world, token, sweep, made, stored, labels } = await setUp();
  const { key, label } = await stored();
  const rotated = await made(key, randomUUID());
  await store.keys.replaceWithVersion({ ...key, revision: 2 }, rotated.row, NO_QUOTA);
  const lostVersion = await made({ ...key, revision: 2 }, randomUUID());
  const lostKey = await made(sampleKey({ protectionLevel: 'HSM' }), randomUUID());
  for (const foreign of [`keyhold-root/${randomUUID()}`, 'somebody else', `keyhold/0123456789abcdef/key/x`]) {
    await token.makeKey(foreign.replaceAll(' ', '-'), 256);
  }
  const all = await labels();
  assert.equal(await sweep.run(), 0);
  assert.deepEqual(new Set(world.told), new Set([lostVersion.label, lostKey.label]));
  world.steady = 24 * HOUR - 1;
  world.now += 10_000 * HOUR;
  assert.equal(await sweep.run(), 0);
  assert.deepEqual(await labels(), all, 'a day by a clock that nobody sets');
  world.steady += 1;
  assert.equal(await sweep.run(), 2);
  assert.equal(world.told.length, 2, 'told once');
  all.delete(lostVersion.label);
  all.delete(lostKey.label);
  assert.deepEqual(await labels(), all);
  assert.ok(all.has(label) && all.has(rotated.label));
});

test('what is stored in the end is not destroyed, however late', async () => {
  const { store, world, sweep, made, labels } = await setUp();
  const key = sampleKey({ protectionLevel: 'HSM', primaryVersionId: randomUUID() });
  const { row, label } = await made(key);
  await sweep.run();
  await store.keys.create(key, row, [], NO_QUOTA);
  world.steady = 100 * HOUR;
  assert.equal(await sweep.run(), 0);
  assert.ok((await labels()).has(label));
});

test('a server that was restarted waits a day again', async () => {
  const { world, sweep, sweepOver, made } = await setUp();
  await made(sampleKey({ protectionLevel: 'HSM' }), 'v');
  await sweep.run();
  world.steady = 24 * HOUR;
  assert.equal(await sweepOver().run(), 0);
});

test('nothing of a key is destroyed while one of its rows does not say what it names', async () => {
  const { store, world, sweep, made, stored, labels } = await setUp();
  const { key } = await stored();
  const { row } = await made(key, randomUUID());
  const wrappedMaterial = Buffer.from(row.wrappedMaterial.map((byte) => byte ^ 1));
  await store.keys.replaceWithVersion({ ...key, revision: 2 }, { ...row, wrappedMaterial }, NO_QUOTA);
  const all = await labels();
  for (world.steady of [0, 24 * HOUR, 48 * HOUR]) assert.equal(await sweep.run(), 0);
  assert.deepEqual(await labels(), all);
});

test('more versions than one look at the store', async () => {
  const { store, world, sweep, made, stored, labels } = await setUp();
  const { key } = await stored();
  for (let revision = 2; revision < 250; revision++) {
    const { row } = await made(key, randomUUID());
    await store.keys.replaceWithVersion({ ...key, revision }, row, NO_QUOTA);
  }
  const all = await labels();
  for (world.steady of [0, 24 * HOUR]) assert.equal(await sweep.run(), 0);
  assert.deepEqual(await labels(), all);
});

test('pairs go when their 24 hours are over', async () => {
  const { world, engine, sweep, stored, labels } = await setUp();
  const { key } = await stored();
  await engine.makeWrapping(key, 'RSA_2048', 'RSAES_OAEP_SHA_1');
  world.now += 24 * HOUR - 1;
  assert.equal(await sweep.run(), 0);
  world.now += 1;
  assert.equal(await sweep.run(), 1);
  assert.equal((await labels()).size, 1);
});

test('a token that is away is left for another time', async () => {
  const { world, engine, sweep, made } = await setUp();
  await engine.makeWrapping(sampleKey(), 'RSA_2048', 'RSAES_OAEP_SHA_1');
  await made(sampleKey(), 'v');
  world.now += 25 * HOUR;
  world.up = false;
  assert.equal(await sweep.run(), 0);
  world.up = true;
  assert.equal(await sweep.run(), 1);
});
