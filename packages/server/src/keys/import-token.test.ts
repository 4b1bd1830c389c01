import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { SecretBytes } from '../secret-bytes.ts';
import { sampleKey } from '../store/conformance/samples.ts';
import { DomainKey } from './domain-key.ts';
import { openImportToken, sealImportToken } from './import-token.ts';

const domainKey = new DomainKey(new SecretBytes(Buffer.alloc(32, 7)));
const key = sampleKey();
const TERMS = { algorithm: 'RSAES_OAEP_SHA_1', wrappedBytes: 256 } as const;
const HANDLE = randomBytes(1217);
const DAY = 86_400_000;
const { token, expiresAt } = sealImportToken(
  domainKey,
  key,
  TERMS,
  new SecretBytes(Buffer.from(HANDLE)),
  1000,
);
const open = (text = token, of = key, now = 1000, by = domainKey) => openImportToken(by, of, text, now);

test('a token gives back the handle and the terms, as often as asked', () => {
  for (let i = 0; i < 2; i++) {
    const { handle, ...terms } = open();
    assert.deepEqual(terms, TERMS);
    assert.deepEqual(Buffer.from(handle.open()), HANDLE);
  }
  assert.equal(expiresAt, 1000 + DAY);
});

test('a token serves until its last millisecond', () => {
  open(token, key, expiresAt - 1);
  assert.throws(() => open(token, key, expiresAt), { code: 'ExpiredImportToken', message: /24 hours/ });
  open(token, key, 0);
});

test('a token of another key, account or region, or of another server, is refused', () => {
  for (const other of [{ keyId: 'k' }, { accountId: '2' }, { region: 'cn-beijing' }]) {
    assert.throws(() => open(token, sampleKey({ ...key, ...other })), {
      code: 'InvalidImportToken',
      message: /another key/,
    });
  }
  const another = new DomainKey(new SecretBytes(randomBytes(32)));
  assert.throws(() => open(token, key, 1000, another), { code: 'InvalidImportToken', message: /issued/ });
});

test('no byte of a token can be changed, taken away or added', () => {
  const bytes = Buffer.from(token, 'base64');
  const refused = (changed: Buffer, what: string) =>
    assert.throws(() => open(changed.toString('base64')), { code: 'InvalidImportToken', status: 400 }, what);
  for (let at = 0; at < bytes.length; at++) {
    const changed = Buffer.from(bytes);
    changed[at] = (changed[at] ?? 0) ^ (1 << (at & 7));
    refused(changed, `byte ${at}`);
    refused(bytes.subarray(0, at), `${at} bytes`);
  }
  refused(Buffer.concat([bytes, Buffer.alloc(1)]), 'longer');
  assert.throws(() => open('no Base64!'), { code: 'InvalidImportToken' });
});
