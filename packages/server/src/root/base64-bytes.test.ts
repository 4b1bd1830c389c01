import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { readBase64Into, writeBase64 } from './base64-bytes.ts';

const written = (bytes: Uint8Array): string => {
  const text = Buffer.alloc(Math.ceil((bytes.length * 4) / 3));
  writeBase64(bytes, text);
  return text.toString('latin1');
};

test('writes and reads what Node does, of any length', () => {
  const law = fc.property(fc.uint8Array({ maxLength: 70 }), (bytes) => {
    const text = Buffer.from(bytes).toString('base64').replaceAll('=', '');
    assert.equal(written(bytes), text);
    const read = new Uint8Array(bytes.length).fill(0xff);
    assert.ok(readBase64Into(read, Buffer.from(text)));
    assert.deepEqual(read, bytes);
  });
  fc.assert(law);
});

test('every byte that is no digit is told', () => {
  const digits = new Set(Buffer.from(written(Uint8Array.from({ length: 256 }, (_, i) => i))));
  for (let byte = 0; byte < 256; byte++) {
    for (const text of [[byte], [65, 65, byte, 65]]) {
      const isRead = readBase64Into(new Uint8Array(3), Uint8Array.from(text));
      assert.equal(isRead, digits.has(byte), String(byte));
    }
  }
  assert.equal(digits.size, 64);
});
