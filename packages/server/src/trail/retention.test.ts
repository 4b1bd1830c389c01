import assert from 'node:assert/strict';
import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { acceptBreak } from './accept-break.ts';
import { scanReplays } from './replay-scan.ts';
import { TrailRetention } from './retention.ts';
import { segmentName } from './segments.ts';
import { entriesIn } from './test-kit/samples.ts';
import { verifyAgain } from './test-kit/second-verifier.ts';
import { SignedTrail } from './test-kit/signed-trail.ts';
import { TrailUnavailable } from './trail.ts';
import { verifyTrail } from './verify.ts';

const DAY_MS = 86_400_000;

/** A day of entries each, a checkpoint after each day. */
async function daysOf(signed: SignedTrail, counts: readonly number[]): Promise<void> {
  for (const count of counts) {
    signed.time += DAY_MS;
    await signed.append(count);
    await signed.checkpointer.sign();
  }
}

const segmentsIn = (directory: string): string[] =>
  readdirSync(directory)
    .filter((name) => name.endsWith('.trail'))
    .sort();

async function isWhole(signed: SignedTrail, accepted = false): Promise<void> {
  const { directory, key, trail } = signed;
  const verdict = await verifyTrail(directory, { anchor: trail.head(), proof: { publicKey: key.publicKey } });
  assert.ok(verdict.ok, verdict.ok ? '' : verdict.message);
  // The second verifier knows no accepted damage.
  if (!accepted) assert.ok(verifyAgain(directory, key.publicKey.pem) <= trail.head().seq);
}

test('what is old enough goes, the rest is kept, verified and read, also after a restart', async (t) => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 2, maxLength: 6 }),
      fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 1, maxLength: 3 }),
      fc.integer({ min: 1, max: 4 }),
      async (counts, waits, days) => {
        const signed = await new SignedTrail(t).open();
        await daysOf(signed, counts);
        for (const wait of waits) {
          const before = await entriesIn(signed.directory);
          const newest = segmentsIn(signed.directory).at(-1);
          const removed = await signed.removeOld(wait, days);
          const after = await entriesIn(signed.directory);
          const limit = signed.time - days * DAY_MS;
          const kept = before.filter((entry) => entry.time >= limit);
          const told = removed > 0 ? 2 : 0;
          assert.ok(after.length - told <= before.length && (removed > 0 || after.length === before.length));
          for (const { requestId } of kept) assert.ok(after.some((entry) => entry.requestId === requestId));
          assert.ok(segmentsIn(signed.directory).includes(newest ?? ''), 'the newest segment stays');
          // What is old and still there shares a segment with what is not, or with the newest.
          const [first] = segmentsIn(signed.directory);
          const oldest = after.findIndex(({ time }) => time >= limit);
          if (first !== newest && oldest > 0) assert.ok(oldest < 12 + counts.length);
          await isWhole(signed);
          const replays: string[] = [];
          await scanReplays(signed.directory, 0, (_, token) => replays.push(token));
          assert.deepEqual(
            replays,
            after.flatMap(({ replay }) => (replay ? [replay.token] : [])),
          );
          await signed.close();
          await signed.open();
          await signed.append(1);
          await signed.checkpointer.sign();
          await isWhole(signed);
        }
        await signed.close();
      },
    ),
    { numRuns: 6 },
  );
});

test('the trail tells what went: an intent before, and what was done', async (t) => {
  const signed = await new SignedTrail(t).open();
  await daysOf(signed, [5, 5, 5]);
  const went = segmentsIn(signed.directory);
  const removed = await signed.removeOld(1, 2);
  assert.ok(removed > 0);
  const told = (await entriesIn(signed.directory)).filter(({ action }) => action === 'RemoveOldTrail');
  assert.deepEqual(
    told.map(({ kind }) => kind),
    ['intent', 'service'],
  );
  assert.equal(told[0]?.requestId, told[1]?.requestId);
  const { FirstSegment, LastSegment, LastEntry } = told[0]?.parameters ?? {};
  assert.deepEqual([FirstSegment, LastSegment], [1, removed]);
  assert.equal(segmentsIn(signed.directory)[0], went[removed]);
  assert.equal(signed.checkpointer.front()?.before.seq, LastEntry);
  assert.equal(await signed.removeOld(0, 2), 0);
  await signed.close();
});

test('an archive of what went is verified together with what stayed', async (t) => {
  const signed = await new SignedTrail(t).open();
  await daysOf(signed, [5, 5, 5, 2]);
  const archive = join(signed.copies, '..', 'archive');
  cpSync(signed.directory, archive, { recursive: true });
  assert.ok((await signed.removeOld(1, 2)) > 0);
  await signed.close();
  cpSync(signed.directory, archive, { recursive: true });
  const proof = { publicKey: signed.key.publicKey };
  const verdict = await verifyTrail(archive, { proof });
  assert.ok(verdict.ok, verdict.ok ? '' : verdict.message);
  assert.equal(verdict.segments, segmentsIn(archive).length);

  const path = join(archive, segmentName(1));
  writeFileSync(path, readFileSync(path, 'utf8').replace('GenerateDataKey', 'GenerateDataKez'));
  const edited = await verifyTrail(archive, { proof });
  assert.ok(!edited.ok);
  assert.equal(edited.file, segmentName(1));
  rmSync(path);
  assert.ok((await verifyTrail(archive, { proof })).ok, 'an archive may begin later');
});

test('a removal that was cut off is ended the next time, and nothing is wrong meanwhile', async (t) => {
  const signed = await new SignedTrail(t).open();
  await daysOf(signed, [5, 5, 5, 2]);
  const before = join(signed.copies, '..', 'before');
  cpSync(signed.directory, before, { recursive: true });
  const removed = await signed.removeOld(1, 2);
  assert.ok(removed > 1);
  for (const name of [segmentName(removed), segmentName(removed).replace('.trail', '.checkpoints')]) {
    cpSync(join(before, name), join(signed.directory, name));
  }
  await isWhole(signed);
  await signed.close();
  await signed.open();
  assert.equal(await signed.removeOld(0, 2), 1);
  await isWhole(signed);
  await signed.close();
});

test('nothing goes while its intent cannot be written, or no checkpoint be signed', async (t) => {
  const signed = await new SignedTrail(t).open();
  await daysOf(signed, [5, 5, 5]);
  const before = segmentsIn(signed.directory);
  signed.time += 9 * DAY_MS;
  const { directory, trail, checkpointer } = signed;
  const ports = {
    directory,
    trail,
    checkpointer,
    now: () => signed.time,
    newId: () => 'id',
    oldestNeeded: () => undefined,
    isClockDoubted: () => false,
  };
  const noTrail = {
    append: () => Promise.reject(new TrailUnavailable('on purpose')),
    problem: () => undefined,
    close: async () => undefined,
  };
  await assert.rejects(new TrailRetention({ ...ports, trail: noTrail }, 1).run(), TrailUnavailable);
  assert.deepEqual(segmentsIn(directory), before);
  const noSigner = { front: () => undefined, sign: () => Promise.reject(new Error('disk full')) };
  await assert.rejects(new TrailRetention({ ...ports, checkpointer: noSigner }, 1).run(), /disk full/);
  assert.deepEqual(
    before.filter((name) => !segmentsIn(directory).includes(name)),
    [],
  );
  assert.ok((await new TrailRetention(ports, 1).run()) > 0);
  await isWhole(signed);
  await signed.close();
});

test('after a jump of the clock nothing goes until it is believed', async (t) => {
  const signed = await new SignedTrail(t).open();
  await daysOf(signed, [5, 5, 5]);
  const before = segmentsIn(signed.directory);
  signed.isClockDoubted = true;
  assert.equal(await signed.removeOld(365), 0);
  assert.deepEqual(segmentsIn(signed.directory), before);
  signed.isClockDoubted = false;
  assert.ok((await signed.removeOld(0)) > 0);
  await isWhole(signed);
  await signed.close();
});

test('a damaged segment stays, until its damage was accepted; then both go together', async (t) => {
  const signed = await new SignedTrail(t).open();
  await daysOf(signed, [5, 5, 5, 5, 5]);
  await signed.close();
  const { directory, key } = signed;
  const path = join(directory, segmentName(2));
  writeFileSync(path, readFileSync(path, 'utf8').replace('GenerateDataKey', 'GenerateDataKez'));
  await signed.open();
  await assert.rejects(signed.removeOld(9, 1), /nothing was removed from the trail: 00000002\.trail, line 2/);
  await signed.close();

  const proof = { publicKey: key.publicKey };
  const accepted = await acceptBreak(directory, 'on purpose', { proof, clock: () => signed.time });
  await signed.open();
  await daysOf(signed, [2, 2]);
  await isWhole(signed, true);
  const removed = await signed.removeOld(1, 3);
  assert.equal(removed, 1, 'what lies before the damage');
  await isWhole(signed, true);
  await daysOf(signed, [1, 1, 1]);
  assert.ok((await signed.removeOld(1, 3)) > 0);
  assert.ok((signed.checkpointer.front()?.before.seq ?? 0) >= accepted.seq - 2);
  await isWhole(signed, true);
  await signed.close();
});

test('what somebody has still to read stays, however old', async (t) => {
  const signed = await new SignedTrail(t).open();
  await daysOf(signed, [3, 3, 3, 3]);
  const all = segmentsIn(signed.directory);
  assert.ok(all.length >= 4);
  signed.oldestNeeded = 1;
  assert.equal(await signed.removeOld(30, 1), 0);
  signed.oldestNeeded = 3;
  assert.equal(await signed.removeOld(0, 1), 2);
  assert.ok(segmentsIn(signed.directory).includes(all[2] ?? ''));
  await isWhole(signed);
  signed.oldestNeeded = undefined;
  assert.ok((await signed.removeOld(0, 1)) > 0);
  await isWhole(signed);
  await signed.close();
});
