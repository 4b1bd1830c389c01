import assert from 'node:assert/strict';
import { createPrivateKey } from 'node:crypto';
import { describe, test } from 'node:test';
import { cmac, hkdf } from '../../../../test/vectors/wycheproof/reference.ts';
import {
  loadAead,
  loadCbc,
  loadHkdf,
  loadMacs,
  loadOaep,
} from '../../../../test/vectors/wycheproof/wycheproof.ts';
import type { EnvelopeErrorCode } from './envelope-error.ts';
import { writeContext } from './format/context.ts';
import { COMMITMENT_BYTES, parameterBytes, parseHeader, SALT_BYTES } from './format/header.ts';
import { recoveryRecipient } from './format/recipients.ts';
import { openChunk, sealChunk } from './keys/chunk-cipher.ts';
import { DATA_KEY_BYTES, deriveKeys, EnvelopeKeys } from './keys/envelope-keys.ts';
import { openEnvelope } from './keys/open-envelope.ts';
import { fingerprintOf, openWithRecovery, readRecoveryPrivateKey } from './keys/recovery.ts';
import { sealEnvelope } from './keys/write-envelope.ts';
import { decryptSampleBytes } from './sample/bytes.ts';
import { Omac, omac } from './sample/cmac.ts';
import { Eax } from './sample/eax.ts';
import { algorithmOf } from './sdk/algorithms.ts';
import { decryptSdkBytes } from './sdk/bytes.ts';
import { der, OCTET_STRING, SEQUENCE } from './sdk/der.ts';
import { writeDerHeader } from './sdk/der-message.ts';
import { headerTag } from './sdk/header.ts';
import { failsWith } from './test-kit/damage.ts';
import { CMK, MemoryKms } from './test-kit/memory-kms.ts';

const NONE = Buffer.alloc(0);
const BLOB = Buffer.from('a data key');

/** A KMS whose answer to every file is this data key. */
function kmsWith(dataKey: Buffer): MemoryKms {
  const kms = new MemoryKms();
  const [KeyId, Plaintext] = ['key-one', dataKey.toString('base64')];
  kms.known.set(BLOB.toString('base64'), { KeyId, Plaintext });
  return kms;
}

/** The plaintext, or the code of the refusal: nothing else may be thrown. */
async function outcome(opened: Promise<Uint8Array>, codes: readonly EnvelopeErrorCode[]) {
  return opened.then(
    (plaintext) => Buffer.from(plaintext).toString('hex'),
    (error) => failsWith(...codes)(error) && error.code,
  );
}

describe('EAX, of sample files', () => {
  const vectors = loadAead('aes_eax');

  test('every vector is sealed and opened, in one piece and byte for byte, and no forged tag is right', () => {
    assert.deepEqual([vectors.length, vectors.filter(({ valid }) => valid).length], [240, 159]);
    for (const { name, valid, key, iv, aad, msg, ct, tag } of vectors) {
      for (const step of [1, 1024]) {
        const [writer, reader] = [new Eax(key, iv, aad), new Eax(key, iv, aad)];
        const sealed: Buffer[] = [];
        for (let at = 0; at < msg.length; at += step) sealed.push(writer.seal(msg.subarray(at, at + step)));
        for (let at = 0; at < ct.length; at += step) reader.authenticate(ct.subarray(at, at + step));
        const same = Buffer.concat([...sealed, writer.tag()]).equals(Buffer.concat([ct, tag]));
        assert.deepEqual([same, reader.isTag(tag)], [valid, valid], name);
        if (valid) assert.deepEqual(new Eax(key, iv, aad).open(ct), msg, name);
      }
    }
  });

  test('as whole files, which have no associated data and a nonce', async () => {
    const counts = { opened: 0, forged: 0, withoutNonce: 0 };
    const fit = vectors.filter(({ aad }) => aad.length === 0);
    for (const { name, valid, key, iv, msg, ct, tag } of fit) {
      const file = Buffer.from([BLOB, iv, ct, tag].map((line) => `${line.toString('base64')}\n`).join(''));
      const what = iv.length === 0 ? 'withoutNonce' : valid ? 'opened' : 'forged';
      const expected = { opened: msg.toString('hex'), forged: 'DamagedChunk', withoutNonce: 'NotAnEnvelope' };
      const opened = decryptSampleBytes(file, { kms: kmsWith(key), allow: [CMK] });
      assert.equal(await outcome(opened, ['DamagedChunk', 'NotAnEnvelope']), expected[what], name);
      counts[what]++;
    }
    assert.deepEqual(counts, { opened: 95, forged: 81, withoutNonce: 6 });
  });
});

/** EAX puts a block before each message, so no vector of CMAC fits; the reference passes all of them. */
test('OMAC is what the reference makes of the same message behind its block', () => {
  const counts = { ofKeySizes: 0, others: 0 };
  for (const { name, flags, key, msg } of loadMacs('aes_cmac')) {
    counts[flags.includes('InvalidKeySize') ? 'others' : 'ofKeySizes']++;
    if (flags.includes('InvalidKeySize')) assert.throws(() => new Omac(key, 0), name);
    else {
      for (const tweak of [0, 1, 2] as const) {
        const block = Buffer.alloc(16);
        block[15] = tweak;
        assert.deepEqual(Buffer.from(omac(key, tweak, msg)), cmac(key, Buffer.concat([block, msg])), name);
      }
    }
  }
  assert.deepEqual(counts, { ofKeySizes: 306, others: 5 });
});

describe('bodies of Encryption SDK messages', () => {
  interface Body {
    readonly iv: Buffer;
    readonly ct: Buffer;
    readonly tag: Buffer;
  }

  /** A message without a context, its header signed with the data key. */
  function messageOf(id: number, dataKey: Buffer, { iv, ct, tag }: Body): Uint8Array {
    const algorithm = algorithmOf(id) ?? assert.fail();
    const dataKeys = [{ cmk: CMK, ciphertext: BLOB }];
    const untagged = { algorithm, context: {}, contextBytes: NONE, dataKeys, iv: Buffer.alloc(12, 1) };
    const header = { ...untagged, tag: headerTag(untagged, dataKey) };
    const body = [iv, ct, tag].map((part) => der(OCTET_STRING, part));
    return der(SEQUENCE, writeDerHeader(header), der(SEQUENCE, ...body));
  }

  const decrypt = (message: Uint8Array, dataKey: Buffer, allowUnauthenticated = false) =>
    outcome(
      decryptSdkBytes(message, { connect: kmsWith(dataKey).connect, allow: [CMK], allowUnauthenticated }),
      ['DamagedChunk', 'InvalidHeader'],
    );

  for (const [id, file, keyBytes, expected] of [
    [1, 'aes_gcm', 16, { opened: 22, forged: 27, otherNonce: 39, withContext: 20 }],
    [2, 'aes_gcm', 32, { opened: 21, forged: 27, otherNonce: 39, withContext: 18 }],
    [9, 'sm4_gcm', 16, { opened: 21, forged: 27, otherNonce: 39, withContext: 17 }],
  ] as const) {
    test(`${algorithmOf(id)?.name}: opened, forged ones refused, and nonces of other lengths`, async () => {
      const counts = { opened: 0, forged: 0, otherNonce: 0, withContext: 0 };
      for (const vector of loadAead(file).filter(({ key }) => key.length === keyBytes)) {
        const { name, valid, key, iv, aad, msg } = vector;
        const what = iv.length !== 12 ? 'otherNonce' : valid ? 'opened' : 'forged';
        // A context has a form of its own, and none of these has it.
        counts[aad.length > 0 ? 'withContext' : what]++;
        if (aad.length > 0) continue;
        const wanted = { opened: msg.toString('hex'), forged: 'DamagedChunk', otherNonce: 'InvalidHeader' };
        assert.equal(await decrypt(messageOf(id, key, vector), key), wanted[what], name);
      }
      assert.deepEqual(counts, expected);
    });
  }

  for (const [id, keyBytes] of [
    [5, 16],
    [6, 32],
  ] as const) {
    test(`${algorithmOf(id)?.name}: opened where that is allowed, wrong paddings refused`, async () => {
      const counts = { opened: 0, wrongPadding: 0 };
      for (const { name, valid, key, iv, msg, ct } of loadCbc()) {
        if (key.length !== keyBytes) continue;
        const plaintext = await decrypt(messageOf(id, key, { iv, ct, tag: NONE }), key, true);
        assert.equal(plaintext, valid ? msg.toString('hex') : 'DamagedChunk', name);
        counts[valid ? 'opened' : 'wrongPadding']++;
      }
      assert.deepEqual(counts, { opened: 24, wrongPadding: 48 });
    });
  }
});

describe('envelopes', () => {
  test('chunks: of all vectors of GCM, one has a nonce of a chunk and no associated data', () => {
    const vectors = loadAead('aes_gcm').filter(({ key }) => key.length === 32);
    const fit = vectors.filter(({ iv, aad }) => iv.equals(Buffer.alloc(12)) && aad.length === 0);
    assert.deepEqual([vectors.length, fit.length], [105, 1]);
    for (const { name, key, msg, ct, tag } of fit) {
      const [stored, plaintext] = [Buffer.concat([ct, tag]), Buffer.alloc(msg.length)];
      const sealed = Buffer.alloc(stored.length);
      assert.equal(sealChunk(key, 0, false, msg, sealed, 0), stored.length, name);
      assert.deepEqual(sealed, stored, name);
      assert.equal(openChunk(key, 0, false, stored, plaintext, 0), msg.length, name);
      assert.deepEqual(plaintext, msg, name);
    }
  });

  test('headers are signed with HMAC-SHA-256: whole tags under keys of 32 bytes', () => {
    const vectors = loadMacs('hmac_sha256');
    const fit = vectors.filter(({ key, tag }) => key.length === 32 && tag.length === 32);
    const valid = fit.filter((vector) => vector.valid).length;
    assert.deepEqual([vectors.length, fit.length, valid], [174, 81, 27]);
    for (const { name, valid, key, msg, tag } of fit) {
      const keys = new EnvelopeKeys(Buffer.concat([Buffer.alloc(32, 1), key, Buffer.alloc(32, 2)]));
      assert.equal(tag.equals(keys.sign(msg)), valid, name);
    }
  });

  /** HKDF's vectors have an `info` of their own, so none fits; the reference passes all of them. */
  test('the keys of a file are what the reference makes of the same data key, salt and context', () => {
    const vectors = loadHkdf();
    assert.equal(vectors.length, 86);
    for (const { name, ikm, salt, info: context } of vectors) {
      const ofFile = Buffer.concat([salt, Buffer.alloc(SALT_BYTES)]).subarray(0, SALT_BYTES);
      const parameters = parameterBytes(16, true, ofFile);
      const length = Buffer.alloc(4);
      length.writeUInt32BE(context.length);
      const info = Buffer.concat([Buffer.from('kenv/v1\0'), parameters, length, context]);
      const okm = hkdf(ikm, ofFile, info, 96);
      const keys = deriveKeys(ikm, parameters, context);
      assert.deepEqual(Buffer.from(keys.commitment), okm.subarray(0, COMMITMENT_BYTES), name);
      assert.deepEqual(Buffer.from(keys.payload()), okm.subarray(64), name);
      assert.deepEqual(keys.sign(NONE), new EnvelopeKeys(okm).sign(NONE), name);
    }
  });

  for (const [file, count, taken] of [
    ['rsa_oaep_2048_sha256_mgf1sha256', 37, 10],
    ['rsa_oaep_3072_sha256_mgf1sha256', 37, 10],
    ['rsa_oaep_4096_sha256_mgf1sha256', 37, 10],
    ['rsa_oaep_2048_sha256_mgf1sha1', 31, 0],
    ['rsa_oaep_2048_sha1_mgf1sha1', 36, 0],
  ] as const) {
    test(`recovery keys unwrap ${taken} of the ${count} of ${file}; files open by whole data keys alone`, async () => {
      const vectors = loadOaep(file);
      const counts = { unwrapped: 0, files: 0 };
      const contextBytes = writeContext({});
      for (const { name, valid, privateKeyPkcs8, msg, ct, label } of vectors) {
        const der = createPrivateKey({ key: privateKeyPkcs8, format: 'der', type: 'pkcs8' });
        const recoveryKey = readRecoveryPrivateKey(der.export({ format: 'pem', type: 'pkcs8' }).toString());
        const recipient = recoveryRecipient(fingerprintOf(recoveryKey), ct);
        // The data key of the file is the message: where that is not opened, the wrapping is why.
        const shape = { storeContext: true, contextBytes, chunkLog2: 16 };
        const salt = Buffer.alloc(SALT_BYTES);
        const { header, keys } = sealEnvelope(shape, msg, [recipient], 0, salt);
        const read = async () => openEnvelope(parseHeader(header), { recoveryKey });
        if (taken > 0 && valid && label.length === 0) {
          assert.deepEqual(Buffer.from(openWithRecovery(recoveryKey, recipient)), msg, name);
          counts.unwrapped++;
        } else {
          assert.throws(() => openWithRecovery(recoveryKey, recipient), name);
        }
        if (taken > 0 && valid && label.length === 0 && msg.length === DATA_KEY_BYTES) {
          assert.deepEqual((await read()).payload(), keys.payload(), name);
          counts.files++;
        } else {
          await assert.rejects(
            read,
            failsWith(ct.length === 0 ? 'InvalidHeader' : 'NoUsableRecipient'),
            name,
          );
        }
      }
      assert.deepEqual([vectors.length, counts], [count, { unwrapped: taken, files: taken > 0 ? 1 : 0 }]);
    });
  }
});
