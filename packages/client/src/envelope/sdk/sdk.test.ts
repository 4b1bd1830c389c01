import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import fc from 'fast-check';
import type { EnvelopeErrorCode, RecipientFailure } from '../envelope-error.ts';
import { joined } from '../format/bytes.ts';
import { memorySource } from '../sample/source.ts';
import { failsWith, flipped } from '../test-kit/damage.ts';
import { CMK, MemoryKms, OTHER_CMK } from '../test-kit/memory-kms.ts';
import { decryptSdkBytes, encryptSdkBytes } from './bytes.ts';
import { der, OCTET_STRING, SEQUENCE } from './der.ts';
import { aroundDer, writeDerHeader } from './der-message.ts';
import { decryptSdkFile, encryptSdkFile } from './file.ts';
import { authenticatedBytes } from './header.ts';
import { inspectSdkBytes, inspectSdkFile } from './inspect.ts';
import { type Message, readMessage } from './message.ts';
import { beforeStream } from './stream-message.ts';
import { decryptSdkStream, encryptSdkStream } from './streams.ts';
import { kmsOf, plaintextOf, sdkVectors } from './test-kit/vectors.ts';

const directory = mkdtempSync(join(tmpdir(), 'keyhold-sdk-'));
process.env.TMPDIR = directory; // what is put aside shows there
after(() => rmSync(directory, { recursive: true }));
const at = (name: string): string => join(directory, name);

const kms = new MemoryKms();
const write = { connect: kms.connect, cmks: [CMK] };
const read = { connect: kms.connect, allow: [CMK] };

function parsed(bytes: Uint8Array, storedHeader?: string): Message {
  const message = readMessage(memorySource(bytes), storedHeader);
  assert.ok(message.header);
  return message;
}

/** What a changed message may be refused with. */
const REFUSED: readonly EnvelopeErrorCode[] = [
  'NotAnEnvelope',
  'UnsupportedVersion',
  'InvalidHeader',
  'Truncated',
  'InvalidOption',
  'NoUsableRecipient',
  'HeaderModified',
  'DamagedChunk',
];

async function streamed(
  pair: ReadableWritablePair<Uint8Array, Uint8Array>,
  pieces: readonly Uint8Array[],
): Promise<{ readonly bytes: Buffer; readonly error?: unknown }> {
  const input = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const piece of pieces) controller.enqueue(piece);
      controller.close();
    },
  });
  const parts: Uint8Array[] = [];
  try {
    for await (const part of input.pipeThrough(pair)) parts.push(Buffer.from(part));
    return { bytes: Buffer.concat(parts) };
  } catch (error) {
    return { bytes: Buffer.concat(parts), error };
  }
}

/** One of every form, one with three CMKs, one of SM4; every third bit of the longer ones, which is in every byte. */
const DAMAGED = [
  'py-gcm256-ctx',
  'py-secretmanager',
  'java-gcm256-3cmk',
  'java-sm4_gcm_nopadding_128',
  'java-stream-gcm256-ctx4',
  'java-stream-secretmanager',
];

describe('the vectors', () => {
  assert.equal(sdkVectors.length, 37);
  for (const vector of sdkVectors) {
    const bytes = Buffer.from(vector.message, 'base64');
    const stored = vector.format.endsWith('-body-only') ? vector.storedHeader : undefined;
    const { header, body, form } = parsed(bytes, stored);
    const known = kmsOf(vector, header.dataKeys);
    const options = {
      connect: known.connect,
      allow: header.dataKeys.map(({ cmk }) => cmk),
      storedHeader: stored,
    };

    test(`${vector.id} has the parts that the vendor's SDK wrote`, () => {
      assert.equal(form.replace('der', 'asn1'), vector.format.replace('-only', ''));
      if (vector.headerAad) {
        assert.equal(Buffer.from(authenticatedBytes(header)).toString('base64'), vector.headerAad);
      }
      if (typeof vector.bodyAad === 'string' && header.algorithm.tagBytes > 0) {
        assert.equal(Buffer.from(header.contextBytes).toString('base64'), vector.bodyAad);
      }
      if (!vector.parsed) return;
      assert.equal(header.algorithm.name, vector.parsed.algorithm);
      const dataKeys = header.dataKeys.map(({ cmk, ciphertext }) => ({
        keyArn: cmk,
        ciphertextBlob: Buffer.from(ciphertext).toString('base64'),
      }));
      const order = (a: { keyArn: string }, b: { keyArn: string }): number => (a.keyArn < b.keyArn ? -1 : 1);
      assert.deepEqual(dataKeys, vector.parsed.encryptedDataKeys.toSorted(order));
    });

    test(`${vector.id} is read`, async () => {
      const plaintext = plaintextOf(vector);
      const accepting = { ...options, allowUnauthenticated: header.algorithm.tagBytes === 0 };
      assert.deepEqual(Buffer.from(await decryptSdkBytes(bytes, accepting)), plaintext);
      writeFileSync(at(vector.id), bytes);
      await decryptSdkFile(at(vector.id), at(`${vector.id}.opened`), { ...accepting, sync: false });
      assert.deepEqual(readFileSync(at(`${vector.id}.opened`)), plaintext);
      assert.deepEqual(await streamed(decryptSdkStream(accepting), [bytes]), { bytes: plaintext });
      assert.equal(inspectSdkFile(at(vector.id), options.storedHeader).form, form);
      if (header.algorithm.tagBytes === 0) {
        const asked = known.calls.length;
        await assert.rejects(decryptSdkBytes(bytes, options), failsWith('InvalidOption'));
        assert.equal(known.calls.length, asked, 'before KMS is asked');
      }
    });

    test(`${vector.id} is written again to the same bytes`, () => {
      const ciphertext = bytes.subarray(body.ciphertext.start, body.ciphertext.end);
      if (form === 'stream') {
        assert.deepEqual(Buffer.from(joined([beforeStream(header, body.iv), ciphertext, body.tag])), bytes);
      }
      if (form === 'der' && body.tag.length > 0) {
        const { before, after } = aroundDer(header, body.iv, ciphertext.length);
        assert.deepEqual(Buffer.from(joined([before, ciphertext, after, body.tag])), bytes);
      }
      if (vector.storedHeader) {
        assert.equal(Buffer.from(writeDerHeader(header)).toString('base64'), vector.storedHeader);
      }
    });

    if (DAMAGED.includes(vector.id)) {
      test(`${vector.id} is refused with bits flipped, bytes cut off or one more`, async () => {
        const step = bytes.length > 100 ? 3 : 1;
        const changed = [
          ...Array.from({ length: Math.floor((bytes.length * 8) / step) }, (_, i) =>
            flipped(bytes, i * step),
          ),
          ...Array.from({ length: bytes.length }, (_, length) => bytes.subarray(0, length)),
          Buffer.concat([bytes, Buffer.alloc(1)]),
        ];
        for (const [i, wrong] of changed.entries()) {
          await assert.rejects(decryptSdkBytes(wrong, options), failsWith(...REFUSED), `change ${i}`);
        }
      });
    }
  }
});

describe('laws', () => {
  const context = fc.dictionary(fc.string({ minLength: 1, maxLength: 20, unit: 'grapheme' }), fc.string(), {
    maxKeys: 5,
  });

  test('what was encrypted is decrypted with either CMK, as bytes and as a stream, whatever the context', async () => {
    const both = { ...write, cmks: [OTHER_CMK, CMK] };
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 3000 }), context, async (plaintext, context) => {
        const der = await encryptSdkBytes(plaintext, { ...both, context });
        const pieces = [plaintext.subarray(0, 99), plaintext.subarray(99)];
        const stream = await streamed(encryptSdkStream({ ...both, context }), pieces);
        assert.equal(stream.error, undefined);
        for (const message of [der, stream.bytes]) {
          assert.deepEqual(inspectSdkBytes(message).header?.context, { ...context });
          for (const cmk of [CMK, OTHER_CMK]) {
            const options = { ...read, allow: [cmk], context };
            assert.deepEqual(await decryptSdkBytes(message, options), plaintext);
          }
        }
      }),
      { numRuns: 50 },
    );
  });

  test('a file over many blocks comes back in both forms, in a temporary file too, and leaves nothing behind', async () => {
    const plaintext = Buffer.alloc(1_500_001, 'keyhold');
    writeFileSync(at('large'), plaintext);
    for (const form of ['der', 'stream'] as const) {
      await encryptSdkFile(at('large'), at(`large.${form}`), { ...write, form, context: { app: 'demo' } });
      await decryptSdkFile(at(`large.${form}`), at(`large.${form}.opened`), read);
      assert.ok(readFileSync(at(`large.${form}.opened`)).equals(plaintext));
      const { bytes, error } = await streamed(decryptSdkStream(read), [readFileSync(at(`large.${form}`))]);
      assert.equal(error, undefined);
      assert.ok(bytes.equals(plaintext));
      assert.equal(inspectSdkFile(at(`large.${form}`)).header?.ciphertextBytes, plaintext.length);
    }
    assert.deepEqual(
      readdirSync(directory).filter((name) => name.startsWith('.kenv-')),
      [],
    );
  });

  test('of a message whose last bit was flipped not a byte comes out', async () => {
    writeFileSync(at('plain'), Buffer.alloc(1_500_000, 1));
    await encryptSdkFile(at('plain'), at('sealed'), { ...write, form: 'stream' });
    const sealed = readFileSync(at('sealed'));
    const changed = flipped(sealed, sealed.length * 8 - 1);
    writeFileSync(at('changed'), changed);
    const { bytes, error } = await streamed(decryptSdkStream(read), [changed]);
    failsWith('DamagedChunk')(error);
    assert.equal(bytes.length, 0);
    await assert.rejects(decryptSdkFile(at('changed'), at('never'), read), failsWith('DamagedChunk'));
    assert.ok(!existsSync(at('never')));
    const written: Uint8Array[] = [];
    const outlet = new WritableStream<Uint8Array>({ write: (chunk) => void written.push(chunk) });
    await assert.rejects(decryptSdkFile(at('changed'), outlet, read), failsWith('DamagedChunk'));
    assert.deepEqual(written, []);
  });

  test('the parsers take any input without an error of their own', async () => {
    const real = sdkVectors
      .filter(({ message }) => message.length < 2000)
      .map(({ message }) => Buffer.from(message, 'base64'));
    const mutated = fc
      .tuple(
        fc.constantFrom(...real),
        fc.array(fc.tuple(fc.nat(1000), fc.nat(255)), { maxLength: 4 }),
        fc.nat(1000),
      )
      .map(([message, changes, length]) => {
        const copy = Buffer.from(message);
        for (const [where, value] of changes) copy[where % copy.length] = value;
        return copy.subarray(0, Math.max(1, copy.length - (length % 7 === 0 ? length % copy.length : 0)));
      });
    const raw = fc
      .tuple(fc.constantFrom([0x30], [0, 0, 0, 1], [12, 0, 0, 0], []), fc.uint8Array({ maxLength: 300 }))
      .map(([start, rest]) => Buffer.concat([Buffer.from(start), rest]));
    const stored = sdkVectors.find(({ storedHeader }) => storedHeader)?.storedHeader;
    fc.assert(
      fc.property(fc.oneof(mutated, raw), fc.boolean(), (input, withHeader) => {
        try {
          inspectSdkBytes(input, withHeader ? stored : undefined);
        } catch (error) {
          failsWith(
            'NotAnEnvelope',
            'UnsupportedVersion',
            'InvalidHeader',
            'Truncated',
            'InvalidOption',
          )(error);
        }
      }),
      { numRuns: 3000 },
    );
    fc.assert(
      fc.property(fc.oneof(fc.base64String(), fc.string()), (header) => {
        try {
          inspectSdkBytes(Buffer.of(12, 0, 0, 0, ...Buffer.alloc(40)), header);
        } catch (error) {
          failsWith('UnsupportedVersion', 'InvalidHeader', 'Truncated')(error);
        }
      }),
    );
  });
});

describe('reading', () => {
  test('asks only for CMKs on the list, near ones first, and goes on after one that fails', async () => {
    const message = await encryptSdkBytes(Buffer.from('x'), { ...write, cmks: [CMK, OTHER_CMK] });
    const asked = kms.calls.length;
    await assert.rejects(decryptSdkBytes(message, { connect: kms.connect }), failsWith('NoUsableRecipient'));
    assert.equal(kms.calls.length, asked);
    await decryptSdkBytes(message, { connect: kms.connect, allow: 'any', region: 'cn-hangzhou' });
    assert.equal(kms.calls.at(-1)?.KeyId, 'key-one');
    await decryptSdkBytes(message, { connect: kms.connect, allow: 'any', region: 'cn-beijing' });
    assert.equal(kms.calls.at(-1)?.KeyId, 'key-two');
    const failures: RecipientFailure[] = [];
    await decryptSdkBytes(message, {
      connect: ({ region }) => (region === 'cn-hangzhou' ? kms : assert.fail('unreachable')),
      allow: 'any',
      onRecipientFailure: (failure) => failures.push(failure),
    });
    assert.deepEqual(
      failures.map(({ recipient, reason }) => [recipient, reason]),
      [[OTHER_CMK, 'unreachable']],
    );
  });

  test('tells a header that was changed, and another context than the one expected', async () => {
    const message = await encryptSdkBytes(Buffer.from('x'), { ...write, context: { a: 'b' } });
    await assert.rejects(
      decryptSdkBytes(message, { ...read, context: { a: 'c' } }),
      failsWith('ContextMismatch'),
    );
    await assert.rejects(decryptSdkBytes(message, { ...read, context: {} }), failsWith('ContextMismatch'));
    await decryptSdkBytes(message, { ...read, context: { a: 'b' } });
    const { header } = parsed(message);
    const where = Buffer.from(message).indexOf(Buffer.from(header.tag));
    await assert.rejects(decryptSdkBytes(flipped(message, where * 8), read), failsWith('HeaderModified'));
  });

  test('refuses an answer that is not the data key of the CMK', async () => {
    const message = await encryptSdkBytes(Buffer.from('x'), write);
    const answers = [
      { KeyId: 'key-two', Plaintext: Buffer.alloc(32).toString('base64') },
      { KeyId: 'key-one', Plaintext: Buffer.alloc(16).toString('base64') },
      { KeyId: 'key-one', Plaintext: '' },
    ];
    for (const answer of answers) {
      const connect = () =>
        Object.assign(new MemoryKms(), { Decrypt: async () => ({ KeyVersionId: '', ...answer }) });
      await assert.rejects(decryptSdkBytes(message, { ...read, connect }), failsWith('NoUsableRecipient'));
    }
  });

  test('ends with the reason of an abort, not with a failure of the CMK', async () => {
    const message = await encryptSdkBytes(Buffer.from('x'), write);
    const controller = new AbortController();
    const reason = new Error('enough');
    const connect = () =>
      Object.assign(new MemoryKms(), {
        Decrypt: async () => {
          controller.abort(reason);
          throw new Error('the connection was closed');
        },
      });
    await assert.rejects(decryptSdkBytes(message, { ...read, connect, signal: controller.signal }), reason);
  });

  test('wants the header of the secret where the message has none, and only there', async () => {
    const bodyOnly = sdkVectors.find(({ id }) => id === 'py-secretmanager') ?? assert.fail();
    const bytes = Buffer.from(bodyOnly.message, 'base64');
    await assert.rejects(decryptSdkBytes(bytes, read), failsWith('InvalidOption'));
    assert.deepEqual(inspectSdkBytes(bytes), {
      form: 'der-body',
      fileBytes: bytes.length,
      header: undefined,
    });
    const message = await encryptSdkBytes(Buffer.from('x'), write);
    const given = decryptSdkBytes(message, { ...read, storedHeader: bodyOnly.storedHeader });
    await assert.rejects(given, failsWith('InvalidOption'));
  });

  test('names other formats', async () => {
    for (const [start, name] of [
      [Buffer.of(0x89, 0x4b, 0x45, 0x4e, 0x56, 0x0d, 0x0a, 0x1a), /envelope of this library/],
      [Buffer.from('age-encryption.org/v1\n'), /age file/],
      [Buffer.from('hello\n'), /not a message/],
      [new Uint8Array(0), /not a message/],
    ] as const) {
      await assert.rejects(decryptSdkBytes(start, read), name);
      await assert.rejects(decryptSdkBytes(start, read), failsWith('NotAnEnvelope'));
    }
  });
});

describe('second spellings are refused', () => {
  const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');
  const [first] = sdkVectors;
  assert.ok(first);
  const whole = Buffer.from(first.message, 'base64');

  test('of DER', () => {
    const contents = whole.subarray(4); // behind 30 82 xx xx
    const refused: [string, Buffer][] = [
      ['a length with a leading zero', Buffer.concat([hex('30 83 00'), whole.subarray(2, 4), contents])],
      ['an indefinite length', Buffer.concat([hex('30 80'), contents, hex('00 00')])],
      ['bytes behind the message', Buffer.concat([whole, hex('00')])],
      ['another tag', Buffer.concat([hex('31'), whole.subarray(1)])],
    ];
    for (const [what, bytes] of refused) {
      assert.throws(() => inspectSdkBytes(bytes), failsWith('InvalidHeader', 'NotAnEnvelope'), what);
    }
  });

  test('of a set: out of order, or the same CMK or key of the context twice', async () => {
    const two = await encryptSdkBytes(Buffer.from('x'), { ...write, context: { a: '1', b: '2' } });
    const text = Buffer.from(two).toString('latin1');
    const swapped = text
      .replace('0\x06\x04\x01a\x04\x011', 'first')
      .replace('0\x06\x04\x01b\x04\x012', '0\x06\x04\x01a\x04\x011')
      .replace('first', '0\x06\x04\x01b\x04\x012');
    assert.notEqual(swapped, text);
    const repeated = text.replace('0\x06\x04\x01b\x04\x012', '0\x06\x04\x01a\x04\x012');
    for (const changed of [swapped, repeated]) {
      assert.throws(() => inspectSdkBytes(Buffer.from(changed, 'latin1')), failsWith('InvalidHeader'));
    }
  });

  test('of the CMKs: the same one twice, or in the stream form out of order', async () => {
    const [one, two] = [CMK, CMK.replace('one', 'onf')];
    const cmks = [one, two];
    const repeated = Buffer.from(await encryptSdkBytes(Buffer.from('x'), { ...write, cmks }))
      .toString('latin1')
      .replace(two, one);
    assert.throws(
      () => inspectSdkBytes(Buffer.from(repeated, 'latin1')),
      (error: Error) => {
        assert.match(error.message, /under the same CMK/);
        return true;
      },
    );
    const { bytes } = await streamed(encryptSdkStream({ ...write, cmks }), [Buffer.from('x')]);
    const { header, body } = parsed(bytes);
    const reversed = { ...header, dataKeys: header.dataKeys.toReversed() };
    const rest = bytes.subarray(body.ciphertext.start);
    assert.deepEqual(Buffer.from(joined([beforeStream(header, body.iv), rest])), bytes);
    const swapped = joined([beforeStream(reversed, body.iv), rest]);
    assert.throws(() => inspectSdkBytes(swapped), failsWith('InvalidHeader'));
  });

  test('of the body: an IV or a tag of another length', async () => {
    const message = await encryptSdkBytes(Buffer.from('x'), write);
    const { header, body } = parsed(message);
    for (const [ivBytes, tagBytes] of [
      [16, 16],
      [12, 8],
      [12, 0],
      [12, 15],
    ] as const) {
      const iv = Buffer.concat([body.iv, Buffer.alloc(4)]).subarray(0, ivBytes);
      const octets = [iv, Buffer.of(1), body.tag.subarray(0, tagBytes)].map((part) =>
        der(OCTET_STRING, part),
      );
      const wrong = der(SEQUENCE, writeDerHeader(header), der(SEQUENCE, ...octets));
      assert.throws(() => inspectSdkBytes(wrong), failsWith('InvalidHeader'));
    }
  });

  test('of the stream form: entries out of order, an empty context that is counted', async () => {
    const { bytes } = await streamed(encryptSdkStream({ ...write, context: { a: '1', b: '2' } }), []);
    const text = bytes.toString('latin1');
    const [a, b] = ['\0\0\0\x01a\0\0\0\x011', '\0\0\0\x01b\0\0\0\x012'];
    const swapped = text.replace(a + b, b + a);
    assert.notEqual(swapped, text);
    assert.throws(() => inspectSdkBytes(Buffer.from(swapped, 'latin1')), failsWith('InvalidHeader'));
    const { bytes: plain } = await streamed(encryptSdkStream(write), []);
    const counted = Buffer.concat([plain.subarray(0, 8), hex('00000004 00000000'), plain.subarray(12)]);
    assert.throws(() => inspectSdkBytes(counted), failsWith('InvalidHeader'));
  });
});

describe('writing', () => {
  test('refuses options before it asks KMS', async () => {
    const asked = kms.calls.length;
    for (const options of [{ cmks: [] }, { cmks: [CMK, CMK] }, { cmks: ['alias/app'] }]) {
      await assert.rejects(
        encryptSdkBytes(new Uint8Array(1), { ...write, ...options }),
        failsWith('InvalidRecipient'),
      );
    }
    const cmks = Array.from({ length: 33 }, (_, i) => `${CMK}-${i}`);
    await assert.rejects(
      encryptSdkBytes(new Uint8Array(1), { ...write, cmks }),
      failsWith('InvalidRecipient'),
    );
    await assert.rejects(
      encryptSdkBytes(new Uint8Array(1), { ...write, context: { '': 'x' } }),
      failsWith('InvalidContext'),
    );
    assert.equal(kms.calls.length, asked);
  });

  test('uses a data key once', async () => {
    const asked = kms.calls.length;
    for (let i = 0; i < 3; i++) await encryptSdkBytes(new Uint8Array(1), write);
    assert.equal(kms.calls.length, asked + 3);
  });
});
