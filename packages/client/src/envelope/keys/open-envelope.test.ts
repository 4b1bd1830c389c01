import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { describe, test } from 'node:test';
import { decryptBytes, encryptBytes } from '../bytes.ts';
import { EnvelopeError, type RecipientFailure } from '../envelope-error.ts';
import { writeContext } from '../format/context.ts';
import { cmkRecipient } from '../format/recipients.ts';
import { failsWith } from '../test-kit/damage.ts';
import { CMK, MemoryKms, OTHER_CMK } from '../test-kit/memory-kms.ts';
import { vectorFile } from '../test-kit/vector-files.ts';
import { arnOf, CONTEXT, DATA_KEY, recipientOf, SALT, VECTORS } from '../test-kit/vectors.ts';
import { DataKeyCache } from './data-key-cache.ts';
import { decryptDataKey, generateDataKey, parseCmk } from './data-keys.ts';
import { readRecoveryPublicKey } from './recovery.ts';
import { sealEnvelope } from './write-envelope.ts';

const PLAINTEXT = new Uint8Array([1, 2, 3]);

async function file(kms: MemoryKms, options = {}): Promise<Uint8Array> {
  return encryptBytes(PLAINTEXT, { connect: kms.connect, cmks: [CMK, OTHER_CMK], ...options });
}
const decryptCalls = (kms: MemoryKms): string[] =>
  kms.calls.flatMap(({ action, KeyId }) => (action === 'Decrypt' ? [KeyId] : []));

describe('reading', () => {
  test('asks only for CMKs on the list, and for none where there is no list', async () => {
    const kms = new MemoryKms();
    const sealed = await file(kms);
    await decryptBytes(sealed, { connect: kms.connect, allow: [OTHER_CMK] });
    assert.deepEqual(decryptCalls(kms), ['key-two']);
    await assert.rejects(decryptBytes(sealed, { connect: kms.connect }), failsWith('NoUsableRecipient'));
    await assert.rejects(
      decryptBytes(sealed, { connect: kms.connect, allow: [`${CMK}x`] }),
      failsWith('NoUsableRecipient'),
    );
    assert.deepEqual(decryptCalls(kms), ['key-two']);
    await decryptBytes(sealed, { connect: kms.connect, allow: 'any' });
    assert.deepEqual(decryptCalls(kms), ['key-two', 'key-one']);
  });

  test('asks the same region first, and what the cache knows before that', async () => {
    const kms = new MemoryKms();
    const sealed = await file(kms);
    using cache = new DataKeyCache();
    const options = { connect: kms.connect, allow: [CMK, OTHER_CMK], cache };
    await decryptBytes(sealed, { ...options, region: 'cn-beijing' });
    assert.deepEqual(decryptCalls(kms), ['key-two']);
    await decryptBytes(sealed, { ...options, region: 'cn-hangzhou' });
    assert.deepEqual(decryptCalls(kms), ['key-two'], 'cached');
  });

  test('goes on after a recipient that fails, and says so', async () => {
    const kms = new MemoryKms();
    const sealed = await file(kms);
    const failures: RecipientFailure[] = [];
    const down = new MemoryKms();
    down.failure = new Error('unreachable');
    const options = {
      connect: (cmk: { region: string }) => (cmk.region === 'cn-hangzhou' ? down : kms),
      allow: [CMK, OTHER_CMK],
      onRecipientFailure: (failure: RecipientFailure) => failures.push(failure),
    };
    assert.deepEqual(await decryptBytes(sealed, options), PLAINTEXT);
    assert.deepEqual(failures, [{ recipient: CMK, reason: 'unreachable', cause: down.failure }]);
    const nobody = decryptBytes(sealed, {
      ...options,
      connect: () => {
        throw new Error('no such region');
      },
    });
    await assert.rejects(nobody, (error) => {
      assert.ok(error instanceof EnvelopeError);
      assert.deepEqual(
        error.failures.map(({ recipient, reason }) => [recipient, reason]),
        [
          [CMK, 'no such region'],
          [OTHER_CMK, 'no such region'],
        ],
      );
      return failsWith('NoUsableRecipient')(error);
    });
  });

  test('wants the context of a file that does not store it, and that of one that does to be the same', async () => {
    const kms = new MemoryKms();
    const read = { connect: kms.connect, allow: 'any' } as const;
    const hidden = await file(kms, { context: CONTEXT, storeContext: false });
    assert.ok(!Buffer.from(hidden).includes('demo'));
    const calls = kms.calls.length;
    await assert.rejects(decryptBytes(hidden, read), failsWith('ContextRequired'));
    const stored = await file(kms, { context: CONTEXT });
    await assert.rejects(
      decryptBytes(stored, { ...read, context: { app: 'other' } }),
      failsWith('ContextMismatch'),
    );
    assert.equal(kms.calls.length, calls + 2, 'of the second file; reading asked nobody');
    assert.deepEqual(await decryptBytes(hidden, { ...read, context: CONTEXT }), PLAINTEXT);
    assert.deepEqual(await decryptBytes(stored, { ...read, context: CONTEXT }), PLAINTEXT);
    await assert.rejects(decryptBytes(hidden, { ...read, context: {} }), failsWith('NoUsableRecipient'));
  });

  test('says where a recovery key was given and the file has none', async () => {
    const kms = new MemoryKms();
    const sealed = await file(kms);
    const { privateKey: recoveryKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const failures = [{ recipient: 'the recovery key', reason: 'the file has no recovery key' }];
    await assert.rejects(decryptBytes(sealed, { recoveryKey }), (error: EnvelopeError) => {
      assert.deepEqual(
        error.failures.slice(-1).map(({ recipient, reason }) => ({ recipient, reason })),
        failures,
      );
      return error.code === 'NoUsableRecipient';
    });
  });

  test('takes a data key only if the file committed to it', async () => {
    const [vector] = VECTORS;
    assert.ok(vector);
    const kms = new MemoryKms();
    const blob = Buffer.from(recipientOf('a').ciphertext).toString('base64');
    const read = { connect: kms.connect, allow: [arnOf('a')] };
    for (const [KeyId, Plaintext, reason] of [
      ['key-a', Buffer.alloc(32, 9).toString('base64'), /not the one of this file/],
      ['key-a', Buffer.alloc(31, 9).toString('base64'), /not a data key of 32 bytes/],
      ['key-a', Buffer.alloc(33, 9).toString('base64'), /not a data key of 32 bytes/],
      ['key-a', '', /not a data key of 32 bytes/],
      ['key-b', DATA_KEY.toString('base64'), /another key/],
    ] as const) {
      kms.known.set(blob, { KeyId, Plaintext });
      await assert.rejects(decryptBytes(vectorFile(vector), read), reason);
    }
  });

  test('tells a header that was changed from a wrong key', async () => {
    const kms = new MemoryKms();
    const sealed = await file(kms);
    sealed[sealed.length - 3 - 16 - 1] = (sealed[sealed.length - 3 - 16 - 1] ?? 0) ^ 1; // the end of the header tag
    await assert.rejects(
      decryptBytes(sealed, { connect: kms.connect, allow: 'any' }),
      failsWith('HeaderModified'),
    );
  });

  test('cannot be fooled into another chunk size, context or flag by somebody without the key', () => {
    // The keys are bound to all three: each gives another commitment.
    const shape = { storeContext: true, contextBytes: writeContext(CONTEXT), chunkLog2: 12 };
    const commitmentOf = (change: object): string => {
      const { keys } = sealEnvelope({ ...shape, ...change }, DATA_KEY, [recipientOf('a')], 0, SALT);
      return Buffer.from(keys.commitment).toString('hex');
    };
    const all = [{}, { chunkLog2: 13 }, { contextBytes: writeContext({}) }, { storeContext: false }].map(
      commitmentOf,
    );
    assert.equal(new Set(all).size, 4);
  });
});

describe('writing', () => {
  test('refuses options before it asks KMS', async () => {
    const kms = new MemoryKms();
    const wrong = [{ cmks: [] }, { cmks: [CMK, CMK] }, { cmks: ['alias/app'] }, { cmks: ['key-one'] }];
    for (const options of wrong) await assert.rejects(file(kms, options), failsWith('InvalidRecipient'));
    for (const chunkLog2 of [11, 25, 12.5])
      await assert.rejects(file(kms, { chunkLog2 }), failsWith('InvalidOption'));
    await assert.rejects(file(kms, { context: { '': 'x' } }), failsWith('InvalidContext'));
    assert.throws(() => readRecoveryPublicKey('-----BEGIN'), failsWith('InvalidRecipient'));
    assert.equal(kms.calls.length, 0);
  });

  test('fails as a whole where a further CMK fails', async () => {
    const kms = new MemoryKms();
    const down = new MemoryKms();
    down.failure = new Error('unreachable');
    const connect = (cmk: { region: string }) => (cmk.region === 'cn-beijing' ? down : kms);
    await assert.rejects(file(kms, { connect }), /unreachable/);
  });

  test('refuses answers that could not be stored or are of another key', async () => {
    const good = {
      KeyId: 'key-one',
      KeyVersionId: 'v',
      Plaintext: Buffer.alloc(32, 1).toString('base64'),
      CiphertextBlob: 'AAAA',
    };
    const wrong = [
      { CiphertextBlob: 'AAA' },
      { CiphertextBlob: 'AA\nAA' },
      { CiphertextBlob: '' },
      { CiphertextBlob: Buffer.alloc(8193).toString('base64') },
      { KeyId: 'key-two' },
      { KeyVersionId: 'v'.repeat(129) },
      { Plaintext: 'short' },
    ];
    const generate = (answer: object) =>
      generateDataKey(
        parseCmk(CMK),
        Object.assign(new MemoryKms(), { GenerateDataKey: async () => ({ ...good, ...answer }) }),
        {},
      );
    for (const answer of wrong)
      await assert.rejects(generate(answer), failsWith('UnusableAnswer'), JSON.stringify(answer));
    assert.equal((await generate({ KeyId: CMK })).dataKey.length, 32);
  });

  test('sends KMS the context, and nothing where it is empty', async () => {
    const seen: object[] = [];
    const kms = new MemoryKms();
    const connect = () =>
      Object.assign(Object.create(kms), {
        GenerateDataKey: (request: Parameters<MemoryKms['GenerateDataKey']>[0]) => {
          seen.push(request);
          return kms.GenerateDataKey(request);
        },
      });
    await file(kms, { connect, cmks: [CMK], context: { b: '2', a: '1' } });
    await file(kms, { connect, cmks: [CMK] });
    assert.deepEqual(seen, [
      { KeyId: CMK, NumberOfBytes: 32, EncryptionContext: { a: '1', b: '2' } },
      { KeyId: CMK, NumberOfBytes: 32 },
    ]);
  });

  test('sends back to KMS exactly the blob that it gave', async () => {
    const kms = new MemoryKms();
    const { recipient, dataKey } = await generateDataKey(parseCmk(CMK), kms, {});
    const again = cmkRecipient(CMK, '', recipient.ciphertext);
    assert.deepEqual(await decryptDataKey(again, kms, {}), dataKey);
  });
});
