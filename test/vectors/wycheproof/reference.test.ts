import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cmac, hkdf } from './reference.ts';
import { loadHkdf, loadMacs } from './wycheproof.ts';

test('HKDF-SHA-256 gives what the vectors say, and no more than 255 blocks', () => {
  const vectors = loadHkdf();
  assert.deepEqual([vectors.length, vectors.filter(({ valid }) => valid).length], [86, 83]);
  for (const { name, valid, flags, ikm, salt, info, okm } of vectors) {
    if (valid) assert.deepEqual(hkdf(ikm, salt, info, okm.length), okm, name);
    else {
      assert.deepEqual(flags, ['SizeTooLarge'], name);
      assert.throws(() => hkdf(ikm, salt, info, 255 * 32 + 1), RangeError, name);
    }
  }
});

test('AES-CMAC gives what the vectors say, and another tag than the forged ones', () => {
  const vectors = loadMacs('aes_cmac');
  const ofNoKeySize = vectors.filter(({ flags }) => flags.includes('InvalidKeySize'));
  const valid = vectors.filter((vector) => vector.valid);
  assert.deepEqual([vectors.length, ofNoKeySize.length, valid.length], [311, 5, 63]);
  for (const vector of vectors) {
    const { name, key, msg, tag } = vector;
    if (ofNoKeySize.includes(vector)) assert.throws(() => cmac(key, msg), name);
    else assert.equal(cmac(key, msg).equals(tag), vector.valid, name);
  }
});
