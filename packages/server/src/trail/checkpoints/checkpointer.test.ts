import assert from 'node:assert/strict';
import {
  appendFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { SignedTrail } from '../test-kit/signed-trail.ts';
import { verifyTrail } from '../verify.ts';
import { readRemembered } from './remembered.ts';

const checkpointsIn = (directory: string): string =>
  readdirSync(directory)
    .filter((name) => name.endsWith('.checkpoints'))
    .sort()
    .map((name) => readFileSync(join(directory, name), 'utf8'))
    .join('');
const numbersIn = (directory: string): number[] =>
  [...checkpointsIn(directory).matchAll(/^number (\d+)$/gm)].map(([, number]) => Number(number));

async function until(holds: () => boolean): Promise<void> {
  for (let tries = 0; !holds(); tries++) {
    assert.ok(tries < 500, 'it did not happen');
    await sleep(10);
  }
}

test('signs after so many entries, or so much time where there is something new', async (t) => {
  const signed = await new SignedTrail(t).open({ entries: 5, seconds: 60 });
  const { checkpointer, directory } = signed;
  await checkpointer.tick();
  assert.deepEqual(numbersIn(directory), [], 'there is nothing to sign');
  await signed.append(1);
  await checkpointer.tick();
  assert.deepEqual(numbersIn(directory), [1], 'the first at once');
  await signed.append(4);
  signed.elapsed = 59_999;
  await checkpointer.tick();
  assert.deepEqual(numbersIn(directory), [1]);
  signed.elapsed = 60_000;
  await checkpointer.tick();
  await checkpointer.tick();
  assert.deepEqual(numbersIn(directory), [1, 2]);
  await signed.append(5);
  await checkpointer.tick();
  assert.deepEqual(numbersIn(directory), [1, 2, 3]);
  signed.elapsed = 999_999;
  await checkpointer.tick();
  await signed.append(1);
  await signed.close();
  assert.deepEqual(numbersIn(directory), [1, 2, 3, 4], 'the end signs what is left');
});

test('goes on after a restart, also where a crash cut the last note short at any byte', async (t) => {
  const signed = await new SignedTrail(t).open({ segmentBytes: 1_000_000, copy: false });
  await signed.append(1);
  await signed.checkpointer.sign();
  const path = join(signed.directory, '00000001.checkpoints');
  const [whole, remembered] = [readFileSync(path), await readRemembered(signed.settings)];
  await signed.append(1);
  await signed.checkpointer.sign();
  const both = readFileSync(path);
  await signed.close();
  for (let length = whole.length; length < both.length; length += 23) {
    // Also longer than what replaces it.
    const junk = length === whole.length ? 'x'.repeat(900) : '';
    writeFileSync(path, Buffer.concat([both.subarray(0, length), Buffer.from(junk)]));
    // The database learns of a checkpoint after its file.
    await signed.settings.put('trail-checkpoint', Buffer.from(remembered ?? ''));
    await signed.open({ segmentBytes: 1_000_000, copy: false });
    await signed.checkpointer.sign();
    await signed.close();
    assert.deepEqual(numbersIn(signed.directory), [1, 2]);
    assert.ok(checkpointsIn(signed.directory).startsWith(whole.toString()));
    assert.match(checkpointsIn(signed.directory), /=\n$/);
    const verdict = await verifyTrail(signed.directory, { proof: { publicKey: signed.key.publicKey } });
    assert.ok(verdict.ok, verdict.ok ? '' : verdict.message);
  }
});

test('what the database remembers shows that the last checkpoints were taken away', async (t) => {
  const signed = await new SignedTrail(t).open({ segmentBytes: 1_000_000, copy: false });
  await signed.append(1);
  await signed.checkpointer.sign();
  const path = join(signed.directory, '00000001.checkpoints');
  const { length } = readFileSync(path);
  await signed.append(1);
  await signed.close();
  truncateSync(path, length);
  const { publicKey } = signed.key;
  assert.ok((await verifyTrail(signed.directory, { proof: { publicKey } })).ok, 'by definition, without it');
  const remembered = await readRemembered(signed.settings);
  const verdict = await verifyTrail(signed.directory, { proof: { publicKey, remembered } });
  assert.ok(!verdict.ok);
  assert.match(verdict.message, /checkpoint 2 is in a copy, but no longer beside the trail/);
  assert.deepEqual([verdict.kind, verdict.signed?.checkpoint?.number], ['unsigned', 1]);

  await signed.open({ segmentBytes: 1_000_000, copy: false });
  await signed.append(1);
  await signed.checkpointer.sign();
  assert.deepEqual(numbersIn(signed.directory), [1, 3], 'a number is never used twice');
  await signed.close();
});

test('a copy gets all there is, and what it missed while it could not be written', async (t) => {
  const signed = await new SignedTrail(t).open();
  const { checkpointer, copies, directory } = signed;
  const sign = async () => {
    await signed.append(3);
    await checkpointer.sign();
    await checkpointer.tick();
  };
  await sign();
  await until(() => checkpointsIn(copies) === checkpointsIn(directory));
  assert.deepEqual(checkpointer.problems(), []);

  rmSync(copies, { recursive: true });
  await sign();
  await until(() => checkpointer.problems().length > 0);
  await sign();
  assert.deepEqual(checkpointer.problems(), ['checkpoint copies']);
  await sleep(20);
  assert.equal(signed.failures.length, 1, 'one failure is told once');

  mkdirSync(copies);
  await checkpointer.tick();
  await until(() => checkpointer.problems().length === 0);
  assert.equal(checkpointsIn(copies), checkpointsIn(directory));
  await signed.append(1);
  await signed.close();
  assert.equal(checkpointsIn(copies), checkpointsIn(directory), 'the end waits for it');
});

test('a copy that has more, or other checkpoints, is left as it is', async (t) => {
  for (const spoil of [
    (path: string) => appendFileSync(path, 'more\n'),
    (path: string) => writeFileSync(path, readFileSync(path, 'utf8').replace(/^number 1$/m, 'number 7')),
  ]) {
    const signed = await new SignedTrail(t).open({ segmentBytes: 1_000_000 });
    await signed.append(1);
    await signed.close();
    const path = join(signed.copies, '00000001.checkpoints');
    spoil(path);
    const spoilt = readFileSync(path, 'utf8');
    await signed.open({ segmentBytes: 1_000_000 });
    if (!spoilt.endsWith('more\n')) {
      await signed.append(1);
      await signed.checkpointer.sign();
    }
    await signed.checkpointer.tick();
    await until(() => signed.checkpointer.problems().length > 0);
    assert.match(String(signed.failures), /holds (more|other) checkpoints/);
    assert.equal(readFileSync(path, 'utf8'), spoilt);
    await signed.close();
  }
});

test('a checkpoint that cannot be written costs no entry, is told of, and comes later', async (t) => {
  const signed = await new SignedTrail(t).open({ segmentBytes: 1_000_000, copy: false });
  const { checkpointer, directory } = signed;
  await signed.append(1);
  const path = join(directory, '00000001.checkpoints');
  mkdirSync(path);
  await assert.rejects(checkpointer.tick());
  assert.deepEqual(checkpointer.problems(), ['checkpoints']);
  await signed.append(3);
  rmSync(path, { recursive: true });
  await checkpointer.tick();
  assert.deepEqual(checkpointer.problems(), []);
  assert.deepEqual(numbersIn(directory), [1]);
  await signed.close();
});
