import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApiError } from '@keyhold/api/errors.ts';
import fc from 'fast-check';
import {
  COMMITMENT_BYTES,
  epochHeader,
  HEADER_BYTES,
  NONCE_BYTES,
  NONCE_OFFSET,
  parseCiphertext,
  SALT_BYTES,
  TAG_BYTES,
} from './ciphertext.ts';

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const refused = { name: 'ApiError', code: 'InvalidParameter', status: 400, message: /"CiphertextBlob"/ };

const refuses = (blob: string, what = blob) =>
  assert.throws(() => parseCiphertext('CiphertextBlob', blob), refused, what);

/** A blob put together byte by byte from the layout, not by the code under test. */
const someBlob = fc.record({
  suiteId: fc.constantFrom(1, 2, 3),
  keyId: fc.uuid(),
  keyVersionId: fc.uuid(),
  salt: bytes(32),
  nonce: bytes(12),
  commitment: bytes(32),
  body: fc.uint8Array({ maxLength: 100 }),
  tag: bytes(16),
});
type Parts = typeof someBlob extends fc.Arbitrary<infer T> ? T : never;

const hex = (uuid: string): Buffer => Buffer.from(uuid.replaceAll('-', ''), 'hex');

const layOut = (parts: Parts): Buffer =>
  Buffer.concat([
    Uint8Array.of(1, parts.suiteId),
    hex(parts.keyId),
    hex(parts.keyVersionId),
    parts.salt,
    parts.nonce,
    parts.commitment,
    parts.body,
    parts.tag,
  ]);

test('reads every part of a blob', () => {
  fc.assert(
    fc.property(someBlob, (parts) => {
      const blob = layOut(parts);
      const read = parseCiphertext('CiphertextBlob', blob.toString('base64'));
      assert.deepEqual(read.header, blob.subarray(0, 110));
      const names = [read.suiteId, read.keyId, read.keyVersionId];
      assert.deepEqual(names, [parts.suiteId, parts.keyId, parts.keyVersionId]);
      for (const part of ['salt', 'nonce', 'commitment', 'body', 'tag'] as const) {
        assert.deepEqual(new Uint8Array(read[part]), parts[part], part);
      }
    }),
  );
});

test('writes the header that it reads', () => {
  fc.assert(
    fc.property(someBlob, (parts) => {
      const header = epochHeader(
        parts.suiteId,
        parts.keyId,
        parts.keyVersionId,
        parts.salt,
        parts.commitment,
      );
      header.set(parts.nonce, NONCE_OFFSET);
      assert.deepEqual(header, layOut(parts).subarray(0, 110));
    }),
  );
  assert.deepEqual(
    [HEADER_BYTES, SALT_BYTES, NONCE_BYTES, COMMITMENT_BYTES, TAG_BYTES],
    [110, 32, 12, 32, 16],
  );
});

test('ignores white space around and inside', () => {
  const space = fc.constantFrom('\n', '\r\n', ' ', '\t', '  \n');
  fc.assert(
    fc.property(someBlob, fc.array(fc.tuple(fc.nat(), space), { maxLength: 5 }), (parts, spaces) => {
      const blob = layOut(parts).toString('base64');
      const spaced = spaces.reduce((text, [at, white]) => {
        const cut = at % (text.length + 1);
        return text.slice(0, cut) + white + text.slice(cut);
      }, blob);
      assert.deepEqual(parseCiphertext('CiphertextBlob', spaced), parseCiphertext('CiphertextBlob', blob));
    }),
  );
});

const [sample] = fc.sample(someBlob, { numRuns: 1, seed: 1 });
assert.ok(sample);
/** 126 bytes and a body of two: the Base64 ends in one `=`. */
const SAMPLE = layOut({ ...sample, body: Uint8Array.of(250, 251), salt: sample.salt.fill(0xff) });

test('refuses other versions and suites', () => {
  for (let value = 0; value < 256; value++) {
    if (value === 1) continue;
    refuses(Buffer.concat([Uint8Array.of(value), SAMPLE.subarray(1)]).toString('base64'), `version ${value}`);
    if (value === 2 || value === 3) continue;
    const suite = Uint8Array.of(1, value);
    refuses(Buffer.concat([suite, SAMPLE.subarray(2)]).toString('base64'), `suite ${value}`);
  }
});

test('refuses what is too short for a header and a tag', () => {
  for (let length = 0; length < 126; length++) refuses(SAMPLE.subarray(0, length).toString('base64'));
  parseCiphertext('CiphertextBlob', SAMPLE.subarray(0, 126).toString('base64'));
});

test('accepts one spelling of Base64 only', () => {
  const text = SAMPLE.toString('base64');
  assert.match(text, /\/.*=$/);
  refuses(text.replace(/=+$/, ''), 'no padding');
  refuses(`${text}=`, 'more padding');
  refuses(text.replaceAll('/', '_').replaceAll('+', '-'), 'URL alphabet');
  refuses(`${text.slice(0, 9)}*${text.slice(9)}`, 'a character that decoders skip');
  refuses(`${text}AAAA`, 'more after the padding');
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
  const last = text.at(-2) ?? '';
  for (const other of alphabet.replace(last, '')) {
    const spelt = `${text.slice(0, -2)}${other}=`;
    const same = Buffer.from(spelt, 'base64').equals(SAMPLE);
    if (same) refuses(spelt, 'other unused bits');
  }
});

test('answers any text with a blob or the one refusal', () => {
  const nearly = someBlob.map((parts) => layOut(parts).toString('base64'));
  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 400 }),
    fc.base64String({ maxLength: 400 }),
    nearly,
  );
  fc.assert(
    fc.property(text, fc.nat(), fc.string({ unit: 'binary', maxLength: 2 }), (base, at, put) => {
      const cut = at % (base.length + 1);
      const blob = base.slice(0, cut) + put + base.slice(cut + put.length);
      try {
        const { header, body, tag } = parseCiphertext('CiphertextBlob', blob);
        const again = Buffer.concat([header, body, tag]).toString('base64');
        assert.equal(again, blob.replace(/\s/g, ''));
      } catch (error) {
        assert.ok(error instanceof ApiError && error.code === 'InvalidParameter', String(error));
      }
    }),
    { numRuns: 2000 },
  );
});
