import { type KeyArn, parseKeyArn } from '@keyhold/api/arn.ts';
import type { Decrypt, Encrypt, GenerateDataKey } from '@keyhold/api/kms/crypto.ts';
import type { RequestOf, ResponseOf } from '@keyhold/api/operation.ts';
import { EnvelopeError } from '../envelope-error.ts';
import { utf8 } from '../format/bytes.ts';
import { type CmkRecipient, cmkRecipient, MAX_CIPHERTEXT_BYTES } from '../format/recipients.ts';
import { DATA_KEY_BYTES } from './envelope-keys.ts';
import { secretRoom } from './secret.ts';

/** The three calls of KMS that envelopes need, as the client of `kms.ts` has them. */
export interface DataKeys {
  GenerateDataKey(
    parameters: RequestOf<typeof GenerateDataKey>,
    options?: CallOptions,
  ): Promise<ResponseOf<typeof GenerateDataKey>>;
  Encrypt(parameters: RequestOf<typeof Encrypt>, options?: CallOptions): Promise<ResponseOf<typeof Encrypt>>;
  Decrypt(parameters: RequestOf<typeof Decrypt>, options?: CallOptions): Promise<ResponseOf<typeof Decrypt>>;
}

export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
}

export interface Cmk extends KeyArn {
  readonly arn: string;
}

/**
 * Whom to ask about this CMK: as a rule one client per region. Has to return the same object for the same
 * endpoint and credentials: the data key cache tells connections apart by it.
 */
export type Connect = (cmk: Cmk) => DataKeys;

type EncryptionContext = { EncryptionContext?: Record<string, string> };

/** Throws InvalidRecipient where the text is no key ARN; an alias may name another key tomorrow. */
export function parseCmk(arn: string): Cmk {
  const parts = parseKeyArn(arn);
  if (!parts) {
    throw new EnvelopeError(
      'InvalidRecipient',
      `${JSON.stringify(arn)} is not a key ARN (acs:kms:<region>:<account>:key/<id>): look it up with DescribeKey`,
    );
  }
  return { arn, ...parts };
}

/** A new data key, which the caller wipes, and its first recipient. */
export async function generateDataKey(
  cmk: Cmk,
  kms: DataKeys,
  context: EncryptionContext,
  options?: CallOptions,
): Promise<{ dataKey: Uint8Array; recipient: CmkRecipient }> {
  const answer = await kms.GenerateDataKey(
    { KeyId: cmk.arn, NumberOfBytes: DATA_KEY_BYTES, ...context },
    options,
  );
  return { recipient: recipientOf(cmk, answer), dataKey: dataKeyOf(cmk, answer.Plaintext) };
}

/** Wraps a data key under a further CMK, in that CMK's region. */
export async function encryptDataKey(
  cmk: Cmk,
  kms: DataKeys,
  dataKey: Uint8Array,
  context: EncryptionContext,
  options?: CallOptions,
): Promise<CmkRecipient> {
  const Plaintext = Buffer.from(dataKey.buffer, dataKey.byteOffset, dataKey.length).toString('base64');
  return recipientOf(cmk, await kms.Encrypt({ KeyId: cmk.arn, Plaintext, ...context }, options));
}

export async function decryptDataKey(
  { cmk: arn, ciphertext }: CmkRecipient,
  kms: DataKeys,
  context: EncryptionContext,
  options?: CallOptions,
): Promise<Uint8Array> {
  const cmk = parseCmk(arn);
  const CiphertextBlob = Buffer.from(ciphertext).toString('base64');
  const answer = await kms.Decrypt({ CiphertextBlob, ...context }, options);
  sameKey(cmk, answer.KeyId);
  return dataKeyOf(cmk, answer.Plaintext);
}

function recipientOf(
  cmk: Cmk,
  answer: { readonly KeyId: string; readonly KeyVersionId: string; readonly CiphertextBlob: string },
): CmkRecipient {
  sameKey(cmk, answer.KeyId);
  const blob = Buffer.from(answer.CiphertextBlob, 'base64');
  const { length } = blob;
  // Stored decoded: a second spelling would come back to KMS as another text (envelope formats 4.4).
  if (blob.toString('base64') !== answer.CiphertextBlob || length < 1 || length > MAX_CIPHERTEXT_BYTES) {
    throw unusable(cmk, 'a CiphertextBlob that is not plain Base64 of 1 to 8192 bytes');
  }
  if (utf8(answer.KeyVersionId).length > 128) throw unusable(cmk, 'a KeyVersionId of more than 128 bytes');
  return cmkRecipient(cmk.arn, answer.KeyVersionId, blob);
}

/** An alias that was moved, or a blob of another key behind an allowed name, ends here. */
function sameKey(cmk: Cmk, keyId: string): void {
  if (keyId !== cmk.keyId && keyId !== cmk.arn) throw unusable(cmk, 'the id of another key');
}

function dataKeyOf(cmk: Cmk, plaintext: string): Uint8Array {
  const room = secretRoom(DATA_KEY_BYTES + 1); // one more, so that a longer plaintext shows
  const length = Buffer.from(room.buffer).write(plaintext, 'base64');
  if (length !== DATA_KEY_BYTES || plaintext.length !== 44) {
    room.fill(0);
    throw unusable(cmk, `a plaintext that is not a data key of ${DATA_KEY_BYTES} bytes`);
  }
  return room.subarray(0, DATA_KEY_BYTES);
}

const unusable = (cmk: Cmk, what: string): EnvelopeError =>
  new EnvelopeError('UnusableAnswer', `KMS answered for ${cmk.arn} with ${what}`);
