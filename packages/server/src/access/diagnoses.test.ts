import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { DomainKey } from '../keys/domain-key.ts';
import { SecretBytes } from '../secret-bytes.ts';
import { Diagnoses, type Diagnosis } from './diagnoses.ts';

const DAY = 24 * 60 * 60 * 1000;
const diagnoses = new Diagnoses(new DomainKey(new SecretBytes(randomBytes(32))));
const diagnosis: Diagnosis = {
  action: 'kms:Encrypt',
  resource: 'acs:kms:cn-hangzhou:1:key/k',
  principalType: 'SubUser',
  principalName: '200',
  explicit: false,
  policyType: '',
  reasons: [],
  conditions: [],
};

test('what was encoded is decoded for a day, by the same account', () => {
  const message = diagnoses.encode('1', diagnosis, 0);
  const decoded = diagnoses.decode('1', message, DAY);
  assert.ok(typeof decoded === 'object' && decoded.action === diagnosis.action);
  assert.equal(diagnoses.decode('1', message, DAY + 1), 'expired');
  assert.equal(diagnoses.decode('2', message, 0), 'unknown');
});

test('any flipped bit fails', () => {
  const bytes = Buffer.from(diagnoses.encode('1', diagnosis, 0), 'base64url');
  for (let bit = 0; bit < bytes.length * 8; bit += 7) {
    const flipped = Buffer.from(bytes);
    flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    assert.equal(diagnoses.decode('1', flipped.toString('base64url'), 0), 'unknown', `bit ${bit}`);
  }
  for (const garbage of ['', 'x', '!']) assert.equal(diagnoses.decode('1', garbage, 0), 'unknown');
});

test('its length does not tell whether a key has tags, whatever the caller sends along', () => {
  const lengths = new Set<number>();
  for (let chosen = 0; chosen < 8192; chosen = chosen < 1200 ? chosen + 1 : chosen * 2) {
    for (const values of [[], ['Gemini'], ['Größe']]) {
      const sent = { key: 'kms:EncryptionContext:x', values: ['x'.repeat(chosen)] };
      const tagged = { ...diagnosis, conditions: [{ key: 'kms:tag/Project', values }, sent] };
      lengths.add(diagnoses.encode('1', tagged, 0).length);
    }
  }
  assert.equal(lengths.size, 1);
});

test('the longest names fit', () => {
  const longest = { ...diagnosis, resource: '\0'.repeat(9999), principalName: '\0'.repeat(9999) };
  const decoded = diagnoses.decode('1', diagnoses.encode('1', longest, 0), 0);
  assert.ok(typeof decoded === 'object' && decoded.resource.length === 320);
});

test('of a thousand statements the first are told', () => {
  const reason = { source: 'identity', policy: 'p'.repeat(150), sid: undefined, effect: 'Deny' } as const;
  const reasons = Array.from({ length: 1000 }, (_, statement) => ({ ...reason, statement }));
  const decoded = diagnoses.decode('1', diagnoses.encode('1', { ...diagnosis, reasons }, 0), 0);
  assert.ok(typeof decoded === 'object' && decoded.reasons.length >= 10);
  assert.equal(decoded.reasons[0]?.statement, 0);
});
