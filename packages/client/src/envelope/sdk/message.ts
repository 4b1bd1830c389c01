import { EnvelopeError } from '../envelope-error.ts';
import { recognise } from '../format/recognise.ts';
import { nameOfOther } from '../sample/named.ts';
import type { Range, Source } from '../sample/source.ts';
import { MAX_GCM_BYTES } from './algorithms.ts';
import { SEQUENCE } from './der.ts';
import { readDerMessage, readStoredHeader } from './der-message.ts';
import type { Header } from './header.ts';
import { invalidMessage } from './invalid.ts';
import { readStreamMessage } from './stream-message.ts';

/** The four forms on the wire (envelope formats 2): the header of a `-body` is in a secret. */
export type MessageForm = 'der' | 'der-body' | 'stream' | 'stream-body';

export interface Body {
  readonly iv: Uint8Array;
  readonly ciphertext: Range;
  /** Empty where the algorithm has none. */
  readonly tag: Uint8Array;
}

export interface Message {
  readonly form: MessageForm;
  readonly header: Header;
  readonly body: Body;
}

/** A message without its header. */
export interface Headless {
  readonly form: 'der-body' | 'stream-body';
  readonly header: undefined;
}

/**
 * What can be read without a key. `storedHeader` is the `SecretData` of the secret, for the forms without a header;
 * it is refused for the others. Throws NotAnEnvelope, UnsupportedVersion, InvalidHeader, Truncated, InvalidOption.
 */
export function readMessage(source: Source, storedHeader: string | undefined): Message | Headless {
  const { kind, header: own, body: readBody } = formsOf(source);
  if (own && storedHeader !== undefined) {
    throw new EnvelopeError(
      'InvalidOption',
      'the message has a header of its own: do not give it the one of a secret',
    );
  }
  if (!own && storedHeader === undefined) return { form: `${kind}-body`, header: undefined };
  const header = own ?? readStoredHeader(storedHeader ?? '');
  const body = readBody(header);
  const { ivBytes, tagBytes, name } = header.algorithm;
  if (body.iv.length !== ivBytes || body.tag.length !== tagBytes) {
    throw invalidMessage(`${name} has an IV of ${ivBytes} bytes and a tag of ${tagBytes}: it has others`);
  }
  if (tagBytes > 0 && body.ciphertext.end - body.ciphertext.start > MAX_GCM_BYTES) {
    throw invalidMessage('it is longer than a GCM message can be');
  }
  return { form: own ? kind : `${kind}-body`, header, body };
}

function formsOf(source: Source): {
  readonly kind: 'der' | 'stream';
  readonly header: Header | undefined;
  readonly body: (header: Header) => Body;
} {
  const start = source.read(0, 4096);
  const is = recognise(start);
  if (start[0] === SEQUENCE && is !== 'sample') {
    // A sample file may begin with the digit 0, which is the same byte.
    const { header, body } = readDerMessage(source);
    return { kind: 'der', header, body: () => body };
  }
  if (is !== 'sdk-stream') throw notAMessage(start);
  return { kind: 'stream', ...readStreamMessage(source) };
}

function notAMessage(start: Uint8Array): EnvelopeError {
  const other = nameOfOther(start, 'sdk-message');
  const why = other === undefined ? '' : `: it is ${other}`;
  return new EnvelopeError('NotAnEnvelope', `the input is not a message of the Encryption SDK${why}`);
}
