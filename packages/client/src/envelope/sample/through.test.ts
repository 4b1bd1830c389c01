import assert from 'node:assert/strict';
import { test } from 'node:test';
import { through } from './through.ts';

type Bytes = Uint8Array<ArrayBuffer>;

function endless() {
  const seen: { pulled: number; cancelled: unknown } = { pulled: 0, cancelled: undefined };
  const stream = new ReadableStream<Uint8Array>({
    pull(controller) {
      seen.pulled++;
      controller.enqueue(new Uint8Array(10));
    },
    cancel(reason) {
      seen.cancelled = reason;
    },
  });
  return { seen, stream };
}

test('a reader that gives up ends the generator and the input; nothing is read far ahead', async () => {
  const { seen, stream } = endless();
  let ended = false;
  const pair = through(async function* (input): AsyncGenerator<Bytes> {
    try {
      for await (const piece of input) yield Uint8Array.from(piece);
    } finally {
      ended = true;
    }
  });
  const reader = stream.pipeThrough(pair).getReader();
  for (let i = 0; i < 3; i++) await reader.read();
  assert.ok(seen.pulled < 8, `${seen.pulled} pieces were read for 3`);
  const reason = new Error('enough');
  await reader.cancel(reason);
  assert.ok(ended);
  await new Promise((resolve) => setTimeout(resolve, 5));
  assert.equal(seen.cancelled, reason);
});

test('a reader that gives up while the input is silent does not make it look ended', async () => {
  let outcome: unknown = 'nothing';
  const pair = through(async function* (input): AsyncGenerator<Bytes> {
    try {
      for await (const piece of input) yield Uint8Array.from(piece);
      outcome = 'ended';
    } catch (error) {
      outcome = error;
    }
  });
  const reader = new ReadableStream<Uint8Array>().pipeThrough(pair).getReader();
  const waiting = reader.read();
  await new Promise((resolve) => setTimeout(resolve, 5));
  await reader.cancel();
  assert.equal((await waiting).done, true);
  assert.ok(outcome instanceof Error);
});

test('what the generator throws comes out and is told to the input', async () => {
  const { seen, stream } = endless();
  const failure = new Error('refused');
  const pair = through(async function* (): AsyncGenerator<Bytes> {
    yield new Uint8Array(1);
    throw failure;
  });
  const reader = stream.pipeThrough(pair).getReader();
  await reader.read();
  await assert.rejects(reader.read(), failure);
  await new Promise((resolve) => setTimeout(resolve, 5));
  assert.equal(seen.cancelled, failure);
});
