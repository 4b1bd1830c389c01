import { randomBytes } from 'node:crypto';
import { EnvelopeError } from '../envelope-error.ts';
import { type DataKeys, parseCmk } from '../keys/data-keys.ts';
import { ascii, Base64Writer, decodedBlocks, fromBase64 } from './base64.ts';
import { dataKeyOf } from './data-key.ts';
import { Eax } from './eax.ts';
import { type FourLines, readFourLines } from './four-lines.ts';
import type { Source } from './source.ts';
import { verifiedPlaintext, type WholeMessage } from './verified.ts';

type Bytes = Uint8Array<ArrayBuffer>;

export interface SampleWriteOptions {
  readonly kms: Pick<DataKeys, 'GenerateDataKey'>;
  /** An id, an ARN or an alias: the file does not name it, the data key does. */
  readonly keyId: string;
  readonly signal?: AbortSignal | undefined;
}

export interface SampleReadOptions {
  readonly kms: Pick<DataKeys, 'Decrypt'>;
  /**
   * The ARNs of the keys that the file may be under, none where absent. It does not say which key that is: KMS is
   * asked first, and its answer is dropped where the key is another. 'any' is for tools that only look.
   */
  readonly allow?: readonly string[] | 'any' | undefined;
  readonly signal?: AbortSignal | undefined;
}

const DATA_KEY_BYTES = 32;
/** Line 1's data key says which AES it is (envelope formats 1.1). */
const READABLE_KEY_BYTES = [16, 24, 32];
const NONCE_BYTES = 16;
/** The programs that read these files hold all of one in memory. */
export const MAX_PLAINTEXT_BYTES = 2 ** 30;

/** The four lines of a plaintext that comes in pieces. Throws TooLarge, UnusableAnswer, and what KMS says. */
export async function* sealedSample(
  pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  { kms, keyId, signal }: SampleWriteOptions,
): AsyncGenerator<Bytes> {
  const answer = await kms.GenerateDataKey({ KeyId: keyId, NumberOfBytes: DATA_KEY_BYTES }, { signal });
  const dataKey = dataKeyOf(answer.Plaintext, [DATA_KEY_BYTES]);
  if (!dataKey) throw unusable(`a plaintext that is not a data key of ${DATA_KEY_BYTES} bytes`);
  const nonce = randomBytes(NONCE_BYTES);
  const eax = new Eax(dataKey, nonce);
  dataKey.fill(0);
  if (!fromBase64(answer.CiphertextBlob)?.length) throw unusable('a CiphertextBlob that is not plain Base64');
  const base64 = new Base64Writer();
  yield ascii(`${answer.CiphertextBlob}\n${nonce.toString('base64')}\n`);
  let length = 0;
  for await (const piece of pieces) {
    signal?.throwIfAborted();
    length += piece.length;
    if (length > MAX_PLAINTEXT_BYTES) throw tooLarge();
    yield base64.update(eax.seal(piece));
  }
  yield base64.end();
  yield ascii(`\n${Buffer.from(eax.tag()).toString('base64')}\n`);
}

/**
 * The plaintext, none of it before all was verified. Throws as `readFourLines`, NoUsableRecipient, UnusableAnswer,
 * DamagedChunk, FileChanged.
 */
export async function* openedSample(source: Source, options: SampleReadOptions): AsyncGenerator<Bytes> {
  const lines = readFourLines(source);
  const dataKey = await openDataKey(lines, options);
  try {
    yield* verifiedPlaintext(messageOf(source, lines, dataKey), options.signal);
  } finally {
    dataKey.fill(0);
  }
}

const messageOf = (source: Source, lines: FourLines, dataKey: Uint8Array): WholeMessage => ({
  blocks: () => decodedBlocks(source, lines.ciphertext),
  verifier() {
    const eax = new Eax(dataKey, lines.nonce);
    return {
      update: (block) => eax.authenticate(block),
      end() {
        if (!eax.isTag(lines.tag)) throw damaged();
      },
    };
  },
  opener() {
    const eax = new Eax(dataKey, lines.nonce);
    return { update: (block) => eax.open(block), end: () => new Uint8Array(0) };
  },
});

async function openDataKey({ blob }: FourLines, options: SampleReadOptions): Promise<Uint8Array> {
  const { kms, allow = [], signal } = options;
  const allowed = allow === 'any' ? undefined : allow.map(parseCmk);
  if (allowed?.length === 0) {
    throw new EnvelopeError('NoUsableRecipient', 'no key may be used: name the ARNs of those that may');
  }
  const { KeyId, Plaintext } = await kms.Decrypt({ CiphertextBlob: blob }, { signal });
  const dataKey = dataKeyOf(Plaintext, READABLE_KEY_BYTES);
  if (!dataKey) throw unusable('a plaintext that is not a data key of 16, 24 or 32 bytes');
  if (allowed && !allowed.some(({ arn, keyId }) => KeyId === keyId || KeyId === arn)) {
    dataKey.fill(0);
    const reason = 'it is not on the list of keys that may be used';
    throw new EnvelopeError('NoUsableRecipient', `the file is under the key ${KeyId}: ${reason}`, {
      failures: [{ recipient: KeyId, reason }],
    });
  }
  return dataKey;
}

const damaged = (): EnvelopeError =>
  new EnvelopeError(
    'DamagedChunk',
    'the sample file was changed after it was written: nothing of it can be used; use another copy',
  );

export const tooLarge = (): EnvelopeError =>
  new EnvelopeError(
    'TooLarge',
    'a sample file is written for at most 1 GiB, because its readers hold all of it in memory: write an envelope',
  );

const unusable = (what: string): EnvelopeError =>
  new EnvelopeError('UnusableAnswer', `KMS answered with ${what}`);
