import assert from 'node:assert/strict';
import { test } from 'node:test';
import { failsWith } from '../test-kit/damage.ts';
import { verifiedPlaintext, type WholeMessage } from './verified.ts';

/** A message that is its own plaintext; the second reading may differ from the first. */
function message(readings: readonly (readonly string[])[], valid = true): WholeMessage {
  let reading = 0;
  return {
    blocks: () => (readings[Math.min(reading++, readings.length - 1)] ?? []).map((text) => Buffer.from(text)),
    verifier: () => ({
      update() {},
      end() {
        if (!valid) throw new Error('not valid');
      },
    }),
    opener: () => ({ update: (block) => Uint8Array.from(block), end: () => new Uint8Array(0) }),
  };
}

async function released(whole: WholeMessage): Promise<{ readonly text: string; readonly error: unknown }> {
  let text = '';
  try {
    for await (const block of verifiedPlaintext(whole, undefined)) text += Buffer.from(block).toString();
    return { text, error: undefined };
  } catch (error) {
    return { text, error };
  }
}

test('nothing is released of what does not verify', async () => {
  assert.deepEqual(await released(message([['one', 'two']])), { text: 'onetwo', error: undefined });
  const { text, error } = await released(message([['one', 'two']], false));
  assert.equal(text, '');
  assert.ok(error);
});

test('only bytes that were verified are released, whatever somebody does to the input between the two readings', async () => {
  const first = ['one', 'two', 'six'];
  for (const [second, passed] of [
    [['one', 'TWO', 'six'], 'one'],
    [['ONE', 'two', 'six'], ''],
    [['two', 'one', 'six'], ''],
    [['one', 'two'], 'onetwo'],
    [['one', 'two', 'six', 'ten'], 'onetwosix'],
    [[], ''],
  ] as const) {
    const { text, error } = await released(message([first, second]));
    assert.equal(text, passed);
    failsWith('FileChanged')(error);
  }
});

test('an abort ends either reading', async () => {
  const reason = new Error('enough');
  await assert.rejects(verifiedPlaintext(message([['one']]), AbortSignal.abort(reason)).next(), reason);
  const controller = new AbortController();
  const blocks = verifiedPlaintext(message([['one', 'two']]), controller.signal);
  await blocks.next();
  controller.abort(reason);
  await assert.rejects(blocks.next(), reason);
});
