import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { visible } from './visible.ts';

test('what commands a terminal is written out; letters of any script stay', () => {
  assert.equal(
    visible('\u001b[2J \u009b31m \r\b\u007f \u202e \u{e0041}'),
    '\\u001b[2J \\u009b31m \\u000d\\u0008\\u007f \\u202e \\udb40\\udc41',
  );
  assert.equal(visible('Zoë 王芳 🔑\n2'), 'Zoë 王芳 🔑\n2');
});

test('JSON stays the same JSON', () => {
  fc.assert(
    fc.property(fc.json({ stringUnit: 'binary' }), (json) => {
      assert.deepEqual(JSON.parse(visible(json)), JSON.parse(json));
    }),
  );
});
