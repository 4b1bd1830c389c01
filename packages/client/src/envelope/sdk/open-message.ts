import { createDecipheriv, type Decipheriv, getCiphers } from 'node:crypto';
import { EnvelopeError, type RecipientFailure } from '../envelope-error.ts';
import { sameBytes } from '../format/bytes.ts';
import { parseCmk } from '../keys/data-keys.ts';
import type { ReadOptions } from '../keys/open-envelope.ts';
import { dataKeyOf } from '../sample/data-key.ts';
import { blocksOf, type Source } from '../sample/source.ts';
import { verifiedPlaintext, type WholeMessage } from '../sample/verified.ts';
import {
  base64,
  contextBytesOf,
  type EncryptedDataKey,
  entriesOf,
  type Header,
  isHeaderTag,
} from './header.ts';
import { type Message, readMessage } from './message.ts';

type Bytes = Uint8Array<ArrayBuffer>;

export interface SdkReadOptions
  extends Pick<ReadOptions, 'connect' | 'allow' | 'region' | 'context' | 'signal' | 'onRecipientFailure'> {
  /** The `SecretData` of the secret that holds the header, for messages that were written without one. */
  readonly storedHeader?: string | undefined;
  /**
   * true: read messages whose body is encrypted with CBC or CTR too. Whoever can change such a message changes the
   * plaintext, and nothing tells; whoever sees whether it was read can find the plaintext of CBC out.
   */
  readonly allowUnauthenticated?: boolean | undefined;
}

/**
 * The plaintext, none of it before all was verified. Throws as `readMessage`, ContextMismatch, NoUsableRecipient,
 * HeaderModified, DamagedChunk, FileChanged.
 */
export async function* openedMessage(source: Source, options: SdkReadOptions): AsyncGenerator<Bytes> {
  const message = readMessage(source, options.storedHeader);
  if (!message.header) {
    throw new EnvelopeError(
      'InvalidOption',
      'the message has no header: give the SecretData of the secret that the sender keeps it in',
    );
  }
  checkAcceptable(message.header, options);
  const dataKey = await openDataKey(message.header, options);
  try {
    yield* verifiedPlaintext(wholeMessageOf(source, message, dataKey), options.signal);
  } finally {
    dataKey.fill(0);
  }
}

function checkAcceptable({ algorithm, contextBytes }: Header, options: SdkReadOptions): void {
  const { context, allowUnauthenticated } = options;
  if (context && !sameBytes(contextBytesOf(entriesOf(context)), contextBytes)) {
    throw new EnvelopeError(
      'ContextMismatch',
      'the encryption context of the message is not the one that was given',
    );
  }
  if (algorithm.tagBytes === 0 && !allowUnauthenticated) {
    throw new EnvelopeError(
      'InvalidOption',
      `the body is encrypted with ${algorithm.name}, which does not tell whether it was changed: allow unauthenticated bodies if you trust where it comes from`,
    );
  }
  if (!getCiphers().includes(algorithm.gcm)) {
    throw new EnvelopeError('UnsupportedVersion', `this version of Node has no ${algorithm.gcm}`);
  }
}

/** Tries the data keys on the list until one fits the header. The caller wipes it. */
async function openDataKey(header: Header, options: SdkReadOptions): Promise<Uint8Array> {
  const failures: RecipientFailure[] = [];
  let opened = false;
  const near = ({ cmk }: EncryptedDataKey): number => (parseCmk(cmk).region === options.region ? 0 : 1);
  for (const entry of header.dataKeys.toSorted((a, b) => near(a) - near(b))) {
    try {
      const dataKey = await decryptDataKey(entry, header, options);
      opened = true;
      if (isHeaderTag(header, dataKey)) {
        for (const failure of failures) options.onRecipientFailure?.(failure);
        return dataKey;
      }
      dataKey.fill(0);
      failures.push({ recipient: entry.cmk, reason: 'the header does not verify with its data key' });
    } catch (error) {
      options.signal?.throwIfAborted();
      const reason = error instanceof Error ? error.message : String(error);
      failures.push({ recipient: entry.cmk, reason, cause: error });
    }
  }
  const reasons = failures.map(({ recipient, reason }) => `${recipient}: ${reason}`).join('; ');
  throw opened
    ? new EnvelopeError(
        'HeaderModified',
        `the header was modified after the message was written. ${reasons}`,
        { failures },
      )
    : new EnvelopeError('NoUsableRecipient', `no CMK of the message gave its data key. ${reasons}`, {
        failures,
      });
}

async function decryptDataKey(
  { cmk: arn, ciphertext }: EncryptedDataKey,
  { algorithm, context }: Header,
  { connect, allow = [], signal }: SdkReadOptions,
): Promise<Uint8Array> {
  if (allow !== 'any' && !allow.includes(arn))
    throw new Error('it is not on the list of keys that may be used');
  if (!connect) throw new Error('there is no connection to KMS');
  const cmk = parseCmk(arn);
  const answer = await connect(cmk).Decrypt(
    {
      CiphertextBlob: base64(ciphertext),
      ...(Object.keys(context).length === 0 ? {} : { EncryptionContext: { ...context } }),
    },
    { signal },
  );
  const dataKey = dataKeyOf(answer.Plaintext, [algorithm.keyBytes]);
  if (!dataKey)
    throw new Error(`KMS answered with a plaintext that is not a data key of ${algorithm.keyBytes} bytes`);
  if (answer.KeyId === cmk.keyId || answer.KeyId === arn) return dataKey;
  dataKey.fill(0);
  throw new Error('KMS answered with the id of another key');
}

const wholeMessageOf = (source: Source, message: Message, dataKey: Uint8Array): WholeMessage => ({
  blocks: () => blocksOf(source, message.body.ciphertext),
  verifier() {
    const cipher = decipherOf(message, dataKey);
    return {
      update: (block) => void cipher.update(block).fill(0),
      end: () => void finished(cipher).fill(0),
    };
  },
  opener() {
    const cipher = decipherOf(message, dataKey);
    return { update: (block) => cipher.update(block), end: () => finished(cipher) };
  },
});

function decipherOf({ header, body }: Message, dataKey: Uint8Array): Decipheriv {
  const { algorithm, contextBytes } = header;
  if (algorithm.tagBytes === 0) {
    return createDecipheriv(algorithm.cipher, dataKey, body.iv).setAutoPadding(algorithm.padded);
  }
  const options = { authTagLength: algorithm.tagBytes };
  return createDecipheriv(algorithm.gcm, dataKey, body.iv, options).setAAD(contextBytes).setAuthTag(body.tag);
}

function finished(cipher: Decipheriv): Bytes {
  try {
    return cipher.final();
  } catch {
    throw new EnvelopeError(
      'DamagedChunk',
      'the body of the message was changed after it was written: nothing of it can be used; use another copy',
    );
  }
}
