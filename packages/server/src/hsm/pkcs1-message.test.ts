import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { pkcs1Message } from './pkcs1-message.ts';

const padding = fc.array(fc.integer({ min: 1, max: 255 }), { minLength: 8, maxLength: 300 });

test('the message is what follows the first zero after the type', () => {
  const law = fc.property(padding, fc.uint8Array({ maxLength: 64 }), (bytes, message) => {
    assert.deepEqual(pkcs1Message(Uint8Array.of(0, 2, ...bytes, 0, ...message)), message);
  });
  fc.assert(law);
});

test('blocks of another form have none', () => {
  const eight = [1, 2, 3, 4, 5, 6, 7, 8];
  const wrong = {
    'no separator': [0, 2, ...eight],
    'seven bytes of padding': [0, 2, ...eight.slice(1), 0, 9, 9],
    'no padding': [0, 2, 0, 9, 9, 9, 9, 9, 9, 9, 9],
    'type 1': [0, 1, ...eight, 0, 9],
    'type 0': [0, 0, ...eight, 0, 9],
    'a first byte that is not 0': [1, 2, ...eight, 0, 9],
    'no block': [],
  };
  for (const [name, block] of Object.entries(wrong)) {
    assert.equal(pkcs1Message(Uint8Array.from(block)), undefined, name);
  }
});
