import { createCipheriv, randomBytes } from 'node:crypto';
import { EnvelopeError } from '../envelope-error.ts';
import { compareBytes, utf8 } from '../format/bytes.ts';
import { MAX_RECIPIENTS } from '../format/recipients.ts';
import { dataKeyFor, planEnvelope, type WriteOptions } from '../keys/write-envelope.ts';
import { HEADER_IV_BYTES, MAX_GCM_BYTES, TAG_BYTES, WRITTEN } from './algorithms.ts';
import { aroundDer, writeDerHeader } from './der-message.ts';
import { contextBytesOf, entriesOf, type Header, headerTag, MAX_HEADER_BYTES } from './header.ts';
import { beforeStream } from './stream-message.ts';

type Bytes = Uint8Array<ArrayBuffer>;

/** The first CMK makes the data key; each of them can open the message. The context is readable in it. */
export type SdkWriteOptions = Pick<WriteOptions, 'connect' | 'cmks' | 'context' | 'signal'>;

/** What Java's arrays hold: the readers of the DER form have all of it in one. */
const MAX_DER_BYTES = 2 ** 31 - 1 - MAX_HEADER_BYTES - 64;

/**
 * A message with algorithm 2, AES_GCM_NOPADDING_256. The DER form says its length first: `pieces` have to have
 * `derOfBytes` bytes. Throws as `planEnvelope`, TooLarge, and what KMS says.
 */
export async function* sealedMessage(
  pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  form: { readonly derOfBytes: number } | 'stream',
  options: SdkWriteOptions,
): AsyncGenerator<Bytes> {
  const plan = planEnvelope(options);
  if (plan.cmks.length > MAX_RECIPIENTS) {
    throw new EnvelopeError('InvalidRecipient', `a message has at most ${MAX_RECIPIENTS} CMKs`);
  }
  const limit = form === 'stream' ? MAX_GCM_BYTES : MAX_DER_BYTES;
  if (form !== 'stream' && form.derOfBytes > limit) throw tooLarge(limit);
  const { dataKey, recipients } = await dataKeyFor(plan, undefined);
  const iv = randomBytes(WRITTEN.ivBytes);
  let header: Header;
  let gcm: ReturnType<typeof cipherOf>;
  try {
    const dataKeys = recipients.flatMap((one) =>
      one.kind === 'cmk' ? [{ cmk: one.cmk, ciphertext: one.ciphertext }] : [],
    );
    header = newHeader(dataKeys, options.context ?? {}, dataKey);
    gcm = cipherOf(header, dataKey, iv);
  } finally {
    dataKey.fill(0);
  }
  const around = form === 'stream' ? undefined : aroundDer(header, iv, form.derOfBytes);
  yield Uint8Array.from(around?.before ?? beforeStream(header, iv));
  let length = 0;
  for await (const piece of pieces) {
    options.signal?.throwIfAborted();
    length += piece.length;
    if (length > limit) throw tooLarge(limit);
    yield gcm.update(piece);
  }
  gcm.final();
  if (around) yield Uint8Array.from(around.after);
  yield gcm.getAuthTag();
}

function newHeader(dataKeys: Header['dataKeys'], context: Header['context'], dataKey: Uint8Array): Header {
  const untagged = {
    algorithm: WRITTEN,
    context,
    contextBytes: contextBytesOf(entriesOf(context)),
    dataKeys: dataKeys.toSorted((a, b) => compareBytes(utf8(a.cmk), utf8(b.cmk))),
    iv: randomBytes(HEADER_IV_BYTES),
  };
  const header = { ...untagged, tag: headerTag(untagged, dataKey) };
  if (
    beforeStream(header, header.iv).length > MAX_HEADER_BYTES ||
    writeDerHeader(header).length > MAX_HEADER_BYTES
  ) {
    throw new EnvelopeError(
      'InvalidRecipient',
      'the CMKs and the context together are too long for a header',
    );
  }
  return header;
}

const cipherOf = (header: Header, dataKey: Uint8Array, iv: Uint8Array) =>
  createCipheriv(WRITTEN.gcm, dataKey, iv, { authTagLength: TAG_BYTES }).setAAD(header.contextBytes);

const tooLarge = (limit: number): EnvelopeError =>
  new EnvelopeError(
    'TooLarge',
    `a message of this form holds at most ${limit} bytes: write an envelope of this library`,
  );
