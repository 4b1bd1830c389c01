import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SecretBytes } from '../secret-bytes.ts';
import { createSigningSecret } from './signing-secret.ts';
import { secret } from './test-kit/requests.ts';

test('a secret in SecretBytes signs as its text does, and outlives them', () => {
  const bytes = new SecretBytes(Buffer.from('testsecret'));
  const made = createSigningSecret(bytes);
  bytes.wipe();
  assert.deepEqual(made.rpc('sha1', 'x'), secret.rpc('sha1', 'x'));
  assert.deepEqual(made.acs3('sm3', 'x'), secret.acs3('sm3', 'x'));
});
