import assert from 'node:assert/strict';
import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import fc from 'fast-check';
import type { EnvelopeErrorCode } from '../envelope-error.ts';
import { failsWith, flipped } from '../test-kit/damage.ts';
import { CMK, MemoryKms, OTHER_CMK } from '../test-kit/memory-kms.ts';
import { decryptSampleBytes, encryptSampleBytes } from './bytes.ts';
import { decryptSampleFile, encryptSampleFile } from './file.ts';
import { inspectSampleBytes, inspectSampleFile } from './inspect.ts';
import { decryptSampleStream, encryptSampleStream } from './streams.ts';
import { sampleFiles } from './test-kit/vectors.ts';

const directory = mkdtempSync(join(tmpdir(), 'keyhold-sample-'));
process.env.TMPDIR = directory; // what is put aside shows there
after(() => rmSync(directory, { recursive: true }));
const at = (name: string): string => join(directory, name);

const kms = new MemoryKms();
const write = { kms, keyId: CMK };
const read = { kms, allow: [CMK] };

/** What a changed file may be refused with, besides what KMS says of a data key that was changed. */
const REFUSED: readonly EnvelopeErrorCode[] = [
  'NotAnEnvelope',
  'InvalidHeader',
  'Truncated',
  'DamagedChunk',
  'UnusableAnswer',
  'NoUsableRecipient',
];

const streamOf = (pieces: readonly Uint8Array[]): ReadableStream<Uint8Array> =>
  new ReadableStream({
    start(controller) {
      for (const piece of pieces) controller.enqueue(piece);
      controller.close();
    },
  });

async function streamed(
  pair: ReadableWritablePair<Uint8Array, Uint8Array>,
  pieces: readonly Uint8Array[],
): Promise<{ readonly bytes: Buffer; readonly error?: unknown }> {
  const parts: Uint8Array[] = [];
  try {
    for await (const part of streamOf(pieces).pipeThrough(pair)) parts.push(Buffer.from(part));
    return { bytes: Buffer.concat(parts) };
  } catch (error) {
    return { bytes: Buffer.concat(parts), error };
  }
}

describe('the vectors', () => {
  assert.equal(sampleFiles.length, 19);
  for (const { id, valid, ciphertextBlob, dataKeyPlaintext, fileBase64, plaintextBase64 } of sampleFiles) {
    const file = Buffer.from(fileBase64, 'base64');
    const known = new MemoryKms();
    known.known.set(ciphertextBlob, { KeyId: 'key-one', Plaintext: dataKeyPlaintext });
    const options = { kms: known, allow: [CMK] };

    test(`${id} is ${valid ? 'read' : 'refused'}`, async () => {
      writeFileSync(at(id), file);
      const opened = Buffer.from(plaintextBase64 ?? '', 'base64');
      if (valid) {
        assert.deepEqual(Buffer.from(await decryptSampleBytes(file, options)), opened);
        await decryptSampleFile(at(id), at(`${id}.opened`), options);
        assert.deepEqual(readFileSync(at(`${id}.opened`)), opened);
        assert.deepEqual(await streamed(decryptSampleStream(options), [file]), { bytes: opened });
        assert.equal(inspectSampleFile(at(id)).plaintextBytes, opened.length);
      } else {
        await assert.rejects(decryptSampleBytes(file, options), failsWith(...REFUSED));
        await assert.rejects(decryptSampleFile(at(id), at(`${id}.opened`), options), failsWith(...REFUSED));
        assert.ok(!existsSync(at(`${id}.opened`)));
        const { bytes, error } = await streamed(decryptSampleStream(options), [file]);
        failsWith(...REFUSED)(error);
        assert.equal(bytes.length, 0);
      }
    });
  }
});

describe('laws', () => {
  test('what was encrypted is decrypted: bytes, files and streams read each other', async () => {
    const cuts = fc.array(fc.integer({ min: 1, max: 900 }), { minLength: 1, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 3000 }), cuts, async (plaintext, cut) => {
        const pieces: Uint8Array[] = [];
        for (let i = 0, start = 0; start < plaintext.length; i++) {
          const length = cut[i % cut.length] ?? 1;
          pieces.push(plaintext.subarray(start, start + length));
          start += length;
        }
        const whole = await encryptSampleBytes(plaintext, write);
        const { bytes, error } = await streamed(encryptSampleStream(write), pieces);
        assert.equal(error, undefined);
        for (const file of [whole, bytes]) {
          assert.match(
            Buffer.from(file).toString(),
            /^[\w+/]+={0,2}\n[\w+/]{22}==\n[\w+/]*={0,2}\n[\w+/]{22}==\n$/,
          );
          assert.deepEqual(await decryptSampleBytes(file, read), plaintext);
        }
        const opened = await streamed(decryptSampleStream(read), [
          bytes.subarray(0, 100),
          bytes.subarray(100),
        ]);
        assert.deepEqual(opened, { bytes: Buffer.from(plaintext) });
      }),
      { numRuns: 50 },
    );
  });

  test('a file over many blocks comes back, in a temporary file too, and leaves nothing behind', async () => {
    const plaintext = Buffer.alloc(1_500_001, 'keyhold');
    writeFileSync(at('large'), plaintext);
    await encryptSampleFile(at('large'), at('large.sealed'), write);
    await decryptSampleFile(at('large.sealed'), at('large.opened'), read);
    assert.ok(readFileSync(at('large.opened')).equals(plaintext));
    const sealed = readFileSync(at('large.sealed'));
    const { bytes, error } = await streamed(decryptSampleStream(read), [
      sealed.subarray(0, 7),
      sealed.subarray(7),
    ]);
    assert.equal(error, undefined);
    assert.ok(bytes.equals(plaintext));
    const tooLong = await streamed(decryptSampleStream({ ...read, maxBytes: 1_000_000 }), [sealed]);
    failsWith('TooLarge')(tooLong.error);
    assert.deepEqual(
      readdirSync(directory).filter((name) => name.startsWith('.kenv-')),
      [],
    );
  });

  test('where it cannot be put aside, the directory for temporary files is named', async () => {
    const sealed = await encryptSampleBytes(Buffer.alloc(1_500_001), write);
    process.env.TMPDIR = at('nowhere');
    const { error } = await streamed(decryptSampleStream(read), [sealed]);
    process.env.TMPDIR = directory;
    assert.match(String(error), new RegExp(`put aside in ${at('nowhere')} .*ENOENT.*TMPDIR$`));
  });

  test('no bit can be flipped, no byte be cut off, and nothing but empty lines be added', async () => {
    const file = await encryptSampleBytes(Buffer.alloc(20, 1), write);
    const broken = async (changed: Uint8Array, what: string): Promise<void> => {
      // A bit of the data key is for KMS to refuse.
      await assert.rejects(decryptSampleBytes(changed, read), what);
    };
    for (let bit = 0; bit < file.length * 8; bit++) await broken(flipped(file, bit), `bit ${bit}`);
    for (let length = 0; length < file.length - 1; length++)
      await broken(file.subarray(0, length), `${length} bytes`);
    for (const more of ['A', 'AAAA', 'AAAA\n', '\0', '=', '\nAAAA\n', '\u00a0']) {
      await broken(Buffer.concat([file, Buffer.from(more)]), JSON.stringify(more));
    }
    for (const more of ['\n', '\r\n\r\n', ' \t\n', '\n'.repeat(10_000)]) {
      assert.equal((await decryptSampleBytes(Buffer.concat([file, Buffer.from(more)]), read)).length, 20);
    }
  });

  test('the parser takes any input without an error of its own', async () => {
    const line = fc.oneof(
      fc.base64String({ maxLength: 40 }),
      fc.string({ maxLength: 20 }),
      fc.constantFrom('', ' ', '\r', '='),
    );
    const lines = fc.array(line, { maxLength: 7 }).map((all) => Buffer.from(all.join('\n')));
    await fc.assert(
      fc.asyncProperty(fc.oneof(lines, fc.uint8Array({ maxLength: 400 })), async (input) => {
        try {
          inspectSampleBytes(input);
        } catch (error) {
          failsWith('NotAnEnvelope', 'InvalidHeader', 'Truncated')(error);
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe('files', () => {
  test('that change while they are read give nothing', async () => {
    writeFileSync(at('restless'), Buffer.alloc(1000));
    const touching = {
      GenerateDataKey: (request: Parameters<MemoryKms['GenerateDataKey']>[0]) => {
        appendFileSync(at('restless'), 'x');
        return kms.GenerateDataKey(request);
      },
    };
    const options = { kms: touching, keyId: CMK };
    await assert.rejects(encryptSampleFile(at('restless'), at('never'), options), failsWith('FileChanged'));
    assert.ok(!existsSync(at('never')));
    let closed = false;
    const outlet = new WritableStream<Uint8Array>({
      close() {
        closed = true;
      },
    });
    await assert.rejects(encryptSampleFile(at('restless'), outlet, options), failsWith('FileChanged'));
    assert.ok(!closed, 'a stream is aborted');
  });

  test('are not written where something is in the way, and KMS is not asked', async () => {
    const asked = kms.calls.length;
    writeFileSync(at('there'), 'there');
    await assert.rejects(encryptSampleFile(at('there'), at('there'), write), failsWith('SameFile'));
    writeFileSync(at('input'), 'input');
    await assert.rejects(encryptSampleFile(at('input'), at('there'), write), failsWith('OutputExists'));
    await assert.rejects(decryptSampleFile(at('input'), at('there'), read), failsWith('OutputExists'));
    assert.equal(kms.calls.length, asked);
    assert.equal(readFileSync(at('there'), 'utf8'), 'there');
  });
});

describe('lines', () => {
  const [valid] = sampleFiles;
  assert.ok(valid);
  const lines = Buffer.from(valid.fileBase64, 'base64').toString().split('\n');
  const refusal = (text: string) => assert.rejects(decryptSampleBytes(Buffer.from(text), read));

  test('are refused in every second spelling', async () => {
    const [blob = '', nonce = '', ciphertext = '', tag = ''] = lines;
    const asked = kms.calls.length;
    for (const wrong of [
      [blob, nonce, ciphertext],
      [blob, '', ciphertext, tag],
      ['', nonce, ciphertext, tag],
      [blob, nonce, ciphertext, tag.slice(0, 12)],
      [blob, nonce, ciphertext, `${tag.slice(0, -3)}h==`],
      [blob, nonce, ciphertext, tag.replaceAll('=', '')],
      [blob, nonce, ciphertext.slice(0, -1), tag],
      [`${blob.slice(0, 4)} ${blob.slice(4)}`, nonce, ciphertext, tag],
      [blob, `${nonce.slice(0, 4)}-${nonce.slice(5)}`, ciphertext, tag],
      [blob, nonce, ciphertext, tag, tag.slice(1)],
    ]) {
      await refusal(`${wrong.join('\n')}\n`);
    }
    assert.equal(kms.calls.length, asked, 'KMS is not asked for what has no right shape');
  });

  test('other formats are named', async () => {
    for (const [start, name] of [
      [Buffer.of(0x89, 0x4b, 0x45, 0x4e, 0x56, 0x0d, 0x0a, 0x1a), /envelope of this library/],
      [Buffer.of(0, 0, 0, 1, 0, 0, 0, 2), /stream form/],
      [Buffer.from('age-encryption.org/v1\n'), /age file/],
      [Buffer.from('hello\n'), /fewer than four lines/],
    ] as const) {
      await assert.rejects(decryptSampleBytes(start, read), (error: Error) => {
        failsWith('NotAnEnvelope')(error);
        assert.match(error.message, name);
        return true;
      });
    }
  });
});

describe('keys', () => {
  test('only those on the list are used, and without a list none is asked', async () => {
    const file = await encryptSampleBytes(Buffer.from('x'), write);
    const asked = kms.calls.length;
    await assert.rejects(decryptSampleBytes(file, { kms }), failsWith('NoUsableRecipient'));
    assert.equal(kms.calls.length, asked);
    await assert.rejects(decryptSampleBytes(file, { kms, allow: [OTHER_CMK] }), {
      code: 'NoUsableRecipient',
      failures: [{ recipient: 'key-one', reason: 'it is not on the list of keys that may be used' }],
    });
    await decryptSampleBytes(file, { kms, allow: 'any' });
    await decryptSampleBytes(file, { kms, allow: [OTHER_CMK, CMK] });
  });

  test('an answer that is no data key, or no plain Base64, is refused', async () => {
    const good = {
      KeyId: 'key-one',
      KeyVersionId: 'v',
      CiphertextBlob: 'AAAA',
      Plaintext: Buffer.alloc(32).toString('base64'),
    };
    for (const wrong of [
      { CiphertextBlob: 'AA\nAA' },
      { CiphertextBlob: '' },
      { Plaintext: 'AAAA' },
      { Plaintext: '' },
    ]) {
      const answers = { GenerateDataKey: async () => ({ ...good, ...wrong }) };
      const written = encryptSampleBytes(new Uint8Array(1), { kms: answers, keyId: 'alias/x' });
      await assert.rejects(written, failsWith('UnusableAnswer'));
    }
    for (const length of [0, 15, 17, 31, 33]) {
      const answer = { ...good, Plaintext: Buffer.alloc(length).toString('base64') };
      const [{ fileBase64 } = assert.fail()] = sampleFiles;
      const opened = decryptSampleBytes(Buffer.from(fileBase64, 'base64'), {
        kms: { Decrypt: async () => answer },
        allow: [CMK],
      });
      await assert.rejects(opened, failsWith('UnusableAnswer'));
    }
  });
});
