import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { DomainKey } from '../../keys/domain-key.ts';
import { SecretBytes } from '../../secret-bytes.ts';
import { StartError } from '../../start-error.ts';
import { temporaryDirectory } from '../test-kit/samples.ts';
import { settingsInMemory, testDomainKey } from '../test-kit/signed-trail.ts';
import { type Checkpoint, checkpointText, parseCheckpoint } from './checkpoint.ts';
import { TrailPublicKey } from './public-key.ts';
import { exportPublicKey, openSigningKey, SigningKey } from './signing-key.ts';

const count = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });
const plain = { noNullPrototype: true };
const head = fc.record({ seq: count, hash: fc.stringMatching(/^[0-9a-f]{64}$/) }, plain);
const checkpoints = fc.record(
  {
    number: count,
    head,
    time: fc.integer({ min: 0, max: 4_000_000_000_000 }),
    front: fc.record({ segment: count, before: head, checkpoint: count }, plain),
  },
  { requiredKeys: ['number', 'head', 'time'], ...plain },
) as fc.Arbitrary<Checkpoint>;

test('a checkpoint comes back from its text, under its own origin alone', () => {
  fc.assert(
    fc.property(checkpoints, (checkpoint) => {
      const text = checkpointText('keyhold-trail/0', checkpoint);
      assert.deepEqual(parseCheckpoint('keyhold-trail/0', text), checkpoint);
      assert.equal(parseCheckpoint('keyhold-trail/1', text), undefined);
    }),
  );
});

test('a note opens with its key; with any byte changed, or another key, it does not', () => {
  const key = new SigningKey(generateKeyPairSync('ed25519').privateKey);
  const other = new SigningKey(generateKeyPairSync('ed25519').privateKey);
  fc.assert(
    fc.property(checkpoints, fc.nat(), fc.integer({ min: 1, max: 255 }), (checkpoint, where, change) => {
      const note = key.sign(checkpoint);
      const { publicKey } = key;
      assert.deepEqual(new TrailPublicKey(publicKey.pem).open(note), checkpoint);
      assert.equal(other.publicKey.open(note), undefined);
      const bytes = Buffer.from(note);
      const at = where % bytes.length;
      bytes[at] = (bytes[at] ?? 0) ^ change;
      assert.equal(publicKey.open(bytes.toString()), undefined);
    }),
    { numRuns: 200 },
  );
});

test('a note has one spelling', () => {
  const key = new SigningKey(generateKeyPairSync('ed25519').privateKey);
  const note = key.sign({ number: 1, head: { seq: 1, hash: '0'.repeat(64) }, time: 0 });
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
  // The last letter before `=` has two bits that say nothing.
  const respelt = note.replace(
    /(.)=\n$/,
    (_, letter: string) => `${letters[letters.indexOf(letter) + 1]}=\n`,
  );
  const decoded = [note, respelt].map((text) => Buffer.from(text.split(' ').at(-1) ?? '', 'base64'));
  assert.notEqual(respelt, note);
  assert.deepEqual(decoded[0], decoded[1]);
  assert.equal(key.publicKey.open(respelt), undefined);
});

test('only an Ed25519 key is taken', () => {
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString();
  assert.throws(() => new TrailPublicKey(pem), /not an Ed25519 key/);
  assert.throws(() => new TrailPublicKey('no PEM'));
});

test('the key is made once, lies sealed, and does not open under another domain key or changed', async () => {
  const settings = settingsInMemory();
  const domainKey = testDomainKey();
  const key = await openSigningKey(settings, domainKey);
  assert.equal((await openSigningKey(settings, domainKey)).publicKey.pem, key.publicKey.pem);
  const sealed = (await settings.get('trail-signing-key')) ?? new Uint8Array();
  const other = new DomainKey(new SecretBytes(Buffer.alloc(32, 8)));
  await assert.rejects(openSigningKey(settings, other), StartError);
  for (let at = 0; at < sealed.length; at += 7) {
    const changed = Uint8Array.from(sealed, (byte, index) => (index === at ? byte ^ 1 : byte));
    await settings.put('trail-signing-key', changed);
    await assert.rejects(openSigningKey(settings, domainKey), StartError, `byte ${at}`);
  }
});

test('the public half is written once, and another one in its place stops the start', async (t) => {
  const path = join(temporaryDirectory(t), 'key.pem');
  const { publicKey } = new SigningKey(generateKeyPairSync('ed25519').privateKey);
  await exportPublicKey(path, publicKey);
  await exportPublicKey(path, publicKey);
  assert.equal(readFileSync(path, 'utf8'), publicKey.pem);
  assert.equal(statSync(path).mode & 0o777, 0o600);
  const other = new SigningKey(generateKeyPairSync('ed25519').privateKey);
  await assert.rejects(exportPublicKey(path, other.publicKey), (error: Error) => {
    assert.ok(error instanceof StartError);
    return error.message.includes(path) && error.message.includes(other.publicKey.fingerprint);
  });
  assert.equal(readFileSync(path, 'utf8'), publicKey.pem);
  writeFileSync(path, '');
  await assert.rejects(exportPublicKey(path, publicKey), StartError);
});
