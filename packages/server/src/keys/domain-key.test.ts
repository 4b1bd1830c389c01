import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { SecretBytes } from '../secret-bytes.ts';
import { DoesNotOpen, DomainKey } from './domain-key.ts';

const keyOf = (bytes: Uint8Array): DomainKey => new DomainKey(new SecretBytes(Uint8Array.from(bytes)));
const domainKey = keyOf(Uint8Array.from({ length: 32 }, (_, i) => 32 + i));
const another = keyOf(randomBytes(32));
const IDENTITY = [
  'key version',
  '1000000000000001',
  'cn-hangzhou',
  '0f3e1c2a-1b2c-4d3e-8f40-112233445566',
  '86a9efd9-3d16-4894-bd4f-1fc43f3f2abf',
  'Aliyun_KMS',
];
const SECRET = Uint8Array.from({ length: 32 }, (_, i) => i);
const wrap = (identity: readonly string[], secret = SECRET) =>
  domainKey.wrap(identity, new SecretBytes(secret.slice()));
const doesNotOpen = (work: () => unknown, what: string) => assert.throws(work, DoesNotOpen, what);

/** Computed by a Python program from the layout: domain key 20..3f, secret 00..1f, nonce 00..0b. */
const WRAPPED =
  '01000102030405060708090a0b5a6340ee981937dbb14de75ee4d6d453a7cf055923a40c8052fc93ef385aa9dca67fe88253bee8ab5a8c' +
  'ae9e8cec0db4';

test('opens what others wrapped, and authenticates as they do', () => {
  const opened = domainKey.unwrap(IDENTITY, Buffer.from(WRAPPED, 'hex'));
  assert.deepEqual(new Uint8Array(opened.open()), SECRET);
  assert.equal(
    domainKey.mac(['a', 'bc']).toString('hex'),
    'b5e4a81b20f73df77eeb2abd2b023d3d4a98eaab2630ae9790e859a4d8849cc8',
  );
});

test('unwraps what it wrapped, never twice the same', () => {
  fc.assert(
    fc.property(fc.array(fc.string()), fc.uint8Array({ maxLength: 100 }), (identity, secret) => {
      const wrapped = wrap(identity, secret);
      assert.notDeepEqual(wrapped, wrap(identity, secret));
      assert.deepEqual(new Uint8Array(domainKey.unwrap(identity, wrapped).open()), secret);
    }),
  );
});

test('a wrapping is bound to every field of its identity, and to where one field ends', () => {
  const wrapped = wrap(IDENTITY);
  for (const [index, field] of IDENTITY.entries()) {
    doesNotOpen(() => domainKey.unwrap(IDENTITY.with(index, `${field}x`), wrapped), field);
    doesNotOpen(() => domainKey.unwrap(IDENTITY.toSpliced(index, 1), wrapped), `without ${field}`);
    doesNotOpen(() => domainKey.unwrap(IDENTITY.toSpliced(index, 0, ''), wrapped), `more before ${field}`);
  }
  doesNotOpen(() => domainKey.unwrap(['ab', 'c'], wrap(['a', 'bc'])), 'a shifted border');
  doesNotOpen(() => domainKey.unwrap([], wrap([''])), 'an empty field');
});

test('changed, cut and foreign wrappings do not open', () => {
  const wrapped = wrap(IDENTITY);
  for (let bit = 0; bit < wrapped.length * 8; bit++) {
    const changed = Buffer.from(wrapped);
    changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    doesNotOpen(() => domainKey.unwrap(IDENTITY, changed), `bit ${bit}`);
  }
  for (let length = 0; length < wrapped.length; length++) {
    doesNotOpen(() => domainKey.unwrap(IDENTITY, wrapped.subarray(0, length)), `${length} bytes`);
  }
  doesNotOpen(() => domainKey.unwrap(IDENTITY, Buffer.concat([wrapped, Buffer.alloc(1)])), 'longer');
  doesNotOpen(() => another.unwrap(IDENTITY, wrapped), 'another domain key');
});

test('a mac fits its fields and its key only', () => {
  const fields = fc.array(fc.oneof(fc.string(), fc.uint8Array({ maxLength: 8 })), { maxLength: 4 });
  const text = (list: readonly (string | Uint8Array)[]) =>
    JSON.stringify(list.map((field) => [...Buffer.from(field)]));
  fc.assert(
    fc.property(fields, fields, (ours, theirs) => {
      const mac = domainKey.mac(ours);
      assert.ok(domainKey.isMac(ours, mac));
      assert.equal(domainKey.isMac(theirs, mac), text(ours) === text(theirs));
      assert.ok(!another.isMac(ours, mac));
      assert.ok(!domainKey.isMac(ours, mac.subarray(1)));
      assert.ok(!domainKey.isMac(ours, new Uint8Array(0)));
    }),
  );
});

test('a mac is no wrapping key: the same secret gives unlike keys', () => {
  assert.notDeepEqual(domainKey.mac([]), another.mac([]));
  doesNotOpen(() => domainKey.unwrap([], domainKey.mac([])), 'a mac as a wrapping');
});

test('a message opens for its purpose under its key, any flipped bit fails, and two never look alike', () => {
  const key = new DomainKey(new SecretBytes(randomBytes(32)));
  const other = new DomainKey(new SecretBytes(randomBytes(32)));
  const seal = () => key.sealMessage(['session'], new SecretBytes(Buffer.from('terms')));
  const message = seal();
  assert.equal(Buffer.from(key.openMessage(['session'], message).open()).toString(), 'terms');
  assert.notDeepEqual(seal(), message);
  assert.throws(() => key.openMessage(['diagnosis'], message), DoesNotOpen);
  assert.throws(() => other.openMessage(['session'], message), DoesNotOpen);
  assert.throws(() => key.unwrap(['session'], message), DoesNotOpen);
  for (let bit = 0; bit < message.length * 8; bit++) {
    const flipped = Buffer.from(message);
    flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    assert.throws(() => key.openMessage(['session'], flipped), DoesNotOpen);
  }
  for (let length = 0; length < message.length; length++) {
    assert.throws(() => key.openMessage(['session'], message.subarray(0, length)), DoesNotOpen);
  }
});
