import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, rmdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { openTrail } from './open-trail.ts';
import { entriesIn, sampleEntry, temporaryDirectory } from './test-kit/samples.ts';
import { TrailUnavailable } from './trail.ts';
import { verifyTrail } from './verify.ts';

const range = (to: number): number[] => Array.from({ length: to }, (_, i) => i);

test('entries that arrive together share a flush', async (t) => {
  const directory = temporaryDirectory(t);
  const trail = await openTrail(directory);
  await Promise.all(range(1000).map((i) => trail.append(sampleEntry(i))));
  assert.equal(trail.flushes(), 1);

  // So do those that one turn of the event loop brings one after the other.
  const later = range(50).map(async (i) => {
    for (let hops = 0; hops < i; hops++) await undefined;
    await trail.append(sampleEntry(i));
  });
  await Promise.all(later);
  assert.equal(trail.flushes(), 2);

  // Those that arrive while one is being written share the next.
  const callers = range(64).map(async () => {
    for (const i of range(20)) await trail.append(sampleEntry(i));
  });
  await Promise.all(callers);
  assert.ok(trail.flushes() <= 2 + 2 * 20, `${trail.flushes()}`);
  await trail.close();
  assert.equal((await entriesIn(directory)).length, 1000 + 50 + 64 * 20);
});

test('appended entries are durable before they are acknowledged, in the order of the calls', async (t) => {
  const directory = temporaryDirectory(t);
  const trail = await openTrail(directory);
  for (const i of range(10)) {
    const entry = sampleEntry(i);
    await trail.append(entry);
    assert.deepEqual((await entriesIn(directory)).at(-1), entry);
    assert.equal(trail.head().seq, i + 2);
  }
  await trail.close();
});

test('segments begin when one is full, also between batches that wait for each other', async (t) => {
  const directory = temporaryDirectory(t);
  const trail = await openTrail(directory, { segmentBytes: 4000 });
  const pending: Promise<void>[] = [];
  for (const i of range(400)) {
    pending.push(trail.append(sampleEntry(i)));
    if (i % 7 === 0) await pending[Math.max(0, i - 20)];
  }
  await Promise.all(pending);
  await trail.close();
  const files = readdirSync(directory);
  assert.ok(files.length > 5);
  for (const file of files) assert.ok(statSync(join(directory, file)).size < 4000 + 40 * 600);
  const verdict = await verifyTrail(directory, { anchor: trail.head() });
  assert.ok(verdict.ok);
  assert.deepEqual(
    (await entriesIn(directory)).map((entry) => entry.requestId),
    range(400).map(String),
  );
});

test('a segment takes the entries of a day, also across a restart, and a clock set back changes nothing', async (t) => {
  const directory = temporaryDirectory(t);
  let time = 1_800_000_000_000;
  const options = { clock: () => time };
  const segmentsAt = async (at: number): Promise<number> => {
    time = 1_800_000_000_000 + at;
    await trail.append(sampleEntry(at));
    return readdirSync(directory).length;
  };
  let trail = await openTrail(directory, options);
  assert.equal(await segmentsAt(0), 1);
  assert.equal(await segmentsAt(86_399_999), 1);
  await trail.close();
  trail = await openTrail(directory, options);
  assert.equal(await segmentsAt(-5_000), 1);
  assert.equal(await segmentsAt(86_400_000), 2);
  assert.equal(await segmentsAt(86_400_001), 2);
  await trail.close();
  assert.ok((await verifyTrail(directory, { anchor: trail.head() })).ok);
});

test('close waits for what is pending, and nothing comes after it', async (t) => {
  const directory = temporaryDirectory(t);
  const trail = await openTrail(directory);
  const pending = range(10).map((i) => trail.append(sampleEntry(i)));
  await trail.close();
  assert.equal((await entriesIn(directory)).length, 10);
  await Promise.all(pending);
  await assert.rejects(trail.append(sampleEntry(11)), TrailUnavailable);
});

test('an entry that cannot be written as JSON harms no other', async (t) => {
  const directory = temporaryDirectory(t);
  const trail = await openTrail(directory);
  const before = trail.append(sampleEntry(1));
  await assert.rejects(
    trail.append(sampleEntry(2, { parameters: { size: 1n }, sourceIp: '::1' })),
    TypeError,
  );
  await Promise.all([before, trail.append(sampleEntry(3, { sourceIp: '::1' }))]);
  await trail.close();
  assert.deepEqual(
    (await entriesIn(directory)).map((entry) => [entry.requestId, entry.sourceIp]),
    [
      ['1', '192.0.2.17'],
      ['3', '::1'],
    ],
  );
  assert.ok((await verifyTrail(directory, { anchor: trail.head() })).ok);
});

test('more than eight megabytes that wait are refused', async (t) => {
  const directory = temporaryDirectory(t);
  const trail = await openTrail(directory);
  const large = sampleEntry(0, { parameters: { Description: 'x'.repeat(100_000) } });
  const results = await Promise.allSettled(range(200).map(() => trail.append(large)));
  const refused = results.filter((result) => result.status === 'rejected');
  assert.ok(refused.length > 100 && refused.length < 120, `${refused.length}`);
  assert.ok(refused.every(({ reason }) => reason instanceof TrailUnavailable));
  assert.equal(trail.problem(), undefined);
  await trail.append(large);
  await trail.close();
  assert.equal((await entriesIn(directory)).length, 200 - refused.length + 1);
  assert.ok((await verifyTrail(directory, { anchor: trail.head() })).ok);
});

test('what was gathered during a write that failed is refused with it; numbers and hashes go on', async (t) => {
  const directory = temporaryDirectory(t);
  const trail = await openTrail(directory, { segmentBytes: 1 });
  await trail.append(sampleEntry(0));
  const head = trail.head();
  const obstacle = join(directory, '00000002.trail');
  mkdirSync(obstacle);
  for (let round = 0; round < 3; round++) {
    const writing = trail.append(sampleEntry(1));
    await new Promise((resolve) => setImmediate(resolve));
    const gathered = trail.append(sampleEntry(2));
    const results = await Promise.allSettled([writing, gathered]);
    for (const result of results) {
      assert.ok(result.status === 'rejected' && result.reason instanceof TrailUnavailable);
      assert.match(result.reason.message, /00000002\.trail cannot be written: EEXIST/);
    }
    assert.match(trail.problem() ?? '', /00000002\.trail/);
    assert.deepEqual(trail.head(), head);
  }
  rmdirSync(obstacle);
  await trail.append(sampleEntry(3));
  assert.equal(trail.problem(), undefined);
  await trail.close();
  assert.deepEqual(
    (await entriesIn(directory)).map((entry) => entry.requestId),
    ['0', '3'],
  );
  assert.ok((await verifyTrail(directory, { anchor: trail.head() })).ok);
});
