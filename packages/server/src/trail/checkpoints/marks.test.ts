import assert from 'node:assert/strict';
import { readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { acceptBreak } from '../accept-break.ts';
import { segmentName } from '../segments.ts';
import { verifyAgain } from '../test-kit/second-verifier.ts';
import { SignedTrail } from '../test-kit/signed-trail.ts';
import { verifyTrail } from '../verify.ts';
import { checkpointsName } from './notes.ts';

/** Five groups of entries, a checkpoint after each but the last; the trail is closed without another. */
async function closedTrail(t: TestContext) {
  const signed = await new SignedTrail(t).open();
  for (let group = 0; group < 4; group++) {
    await signed.append(4);
    await signed.checkpointer.sign();
  }
  await signed.checkpointer.close(); // the copies are complete
  await signed.append(4);
  await signed.trail.close();
  const { directory, copies, key } = signed;
  const proof = { publicKey: key.publicKey, copies: [] as string[] };
  return { signed, directory, proof, withCopies: { ...proof, copies: [copies] } };
}

const lastSegment = (directory: string): string =>
  readdirSync(directory)
    .filter((name) => name.endsWith('.trail'))
    .sort()
    .at(-1) ?? '';

test('what lies behind the last checkpoint that is left cannot be proved, but for the anchor', async (t) => {
  const { signed, directory, proof } = await closedTrail(t);
  const path = join(directory, lastSegment(directory));
  truncateSync(path, readFileSync(path).lastIndexOf(10, -2) + 1);
  assert.ok((await verifyTrail(directory, { proof })).ok);
  assert.ok(verifyAgain(directory, proof.publicKey.pem) > 0);
  const verdict = await verifyTrail(directory, { proof, anchor: signed.trail.head() });
  assert.ok(!verdict.ok);
  assert.equal(verdict.kind, 'truncated');
});

test('no checkpoint at all: nothing is signed, and that is told', async (t) => {
  const { directory, proof, withCopies } = await closedTrail(t);
  for (const name of readdirSync(directory)) {
    if (name.endsWith('.checkpoints')) rmSync(join(directory, name));
  }
  const verdict = await verifyTrail(directory, { proof });
  assert.ok(!verdict.ok);
  assert.deepEqual([verdict.kind, verdict.seq], ['unsigned', 1]);
  const copied = await verifyTrail(directory, { proof: withCopies });
  assert.ok(copied.ok, 'those kept elsewhere are as good');
});

test('a lost checkpoint can be accepted; the loss stays visible, with the copies and without', async (t) => {
  const { signed, directory, proof, withCopies } = await closedTrail(t);
  rmSync(join(directory, checkpointsName(2)));
  const missing = await verifyTrail(directory, { proof });
  assert.ok(!missing.ok);
  assert.match(missing.message, /checkpoints? \d.* missing/);
  await acceptBreak(directory, 'a disk was replaced', { proof, signed: signed.trail.head().seq });

  const unconfirmed = await verifyTrail(directory, { proof });
  assert.ok(!unconfirmed.ok);
  assert.match(unconfirmed.message, /no checkpoint was signed since/);
  await signed.open();
  await signed.append(2);
  await signed.close();
  for (const each of [proof, withCopies]) {
    const verdict = await verifyTrail(directory, { proof: each, anchor: signed.trail.head() });
    assert.ok(verdict.ok, verdict.ok ? '' : verdict.message);
    assert.deepEqual(
      verdict.breaks.map(({ reason }) => reason),
      ['a disk was replaced'],
    );
    assert.deepEqual(verdict.signed?.head, signed.trail.head());
  }
});

test('damage under checkpoints can be accepted, and what is signed afterwards counts', async (t) => {
  const { signed, directory, proof, withCopies } = await closedTrail(t);
  const path = join(directory, segmentName(2));
  writeFileSync(path, readFileSync(path, 'utf8').replace('GenerateDataKey', 'GenerateDataKez'));
  await acceptBreak(directory, 'on purpose', { proof: withCopies, signed: signed.trail.head().seq });
  await signed.open();
  for (let group = 0; group < 3; group++) {
    await signed.append(3);
    await signed.checkpointer.sign();
  }
  await signed.close();
  for (const each of [proof, withCopies]) {
    const verdict = await verifyTrail(directory, { proof: each });
    assert.ok(verdict.ok, verdict.ok ? '' : verdict.message);
    assert.equal(verdict.breaks.length, 1);
  }
  const last = join(directory, lastSegment(directory));
  writeFileSync(last, readFileSync(last, 'utf8').replace('GenerateDataKey', 'GenerateDataKez'));
  assert.ok(!(await verifyTrail(directory, { proof })).ok);
});

test('a break that somebody without the key made up is not believed', async (t) => {
  const { directory, proof } = await closedTrail(t);
  const path = join(directory, segmentName(1));
  writeFileSync(path, readFileSync(path, 'utf8').replace('GenerateDataKey', 'GenerateDataKez'));
  await acceptBreak(directory, 'nothing happened', { proof });
  assert.ok((await verifyTrail(directory)).ok, 'without a key there is nothing to hold it against');
  const verdict = await verifyTrail(directory, { proof });
  assert.ok(!verdict.ok);
  assert.match(verdict.message, /no checkpoint was signed since/);
});
