import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readParameters } from '../parameters.ts';
import { Encrypt, MAX_PLAINTEXT_BYTES } from './crypto.ts';

const encrypts = (Plaintext: string): boolean => {
  try {
    readParameters(Encrypt.request, new Map(Object.entries({ KeyId: 'k', Plaintext })));
    return true;
  } catch (error) {
    assert.equal((error as { code?: string }).code, 'InvalidParameter');
    return false;
  }
};

/** KMS semantics 10.1: of the decoded bytes where the text is Base64, else of the text. */
test('plaintext may have 6144 bytes', () => {
  const base64 = (bytes: number) => Buffer.alloc(bytes, 7).toString('base64');
  for (const bytes of [MAX_PLAINTEXT_BYTES - 2, MAX_PLAINTEXT_BYTES - 1, MAX_PLAINTEXT_BYTES]) {
    assert.ok(encrypts(base64(bytes)));
    assert.ok(encrypts('-'.repeat(bytes)));
  }
  assert.ok(encrypts('中'.repeat(MAX_PLAINTEXT_BYTES / 3)));
  assert.ok(!encrypts(base64(MAX_PLAINTEXT_BYTES + 1)));
  assert.ok(!encrypts('-'.repeat(MAX_PLAINTEXT_BYTES + 1)));
  assert.ok(!encrypts('中'.repeat(MAX_PLAINTEXT_BYTES / 3 + 1)));
});
