import { compareBytes, joined, utf8 } from '../format/bytes.ts';
import { fromBase64 } from '../sample/base64.ts';
import { memorySource, type Source } from '../sample/source.ts';
import { HEADER_IV_BYTES, TAG_BYTES } from './algorithms.ts';
import { DerReader, der, derPrefix, derSmall, OCTET_STRING, SEQUENCE, SET } from './der.ts';
import { checkedHeader, entriesOf, type Header, MAX_HEADER_BYTES, VERSION } from './header.ts';
import { invalidMessage } from './invalid.ts';
import type { Body } from './message.ts';

type Pair = readonly [Uint8Array, Uint8Array];

/** Forms A and B: SEQUENCE { header, body }, or the body alone (envelope formats 2.2). */
export function readDerMessage(source: Source): { readonly header: Header | undefined; readonly body: Body } {
  const file = new DerReader(source);
  const whole = file.element(SEQUENCE);
  file.end();
  const message = new DerReader(source, whole);
  if (message.peek() === OCTET_STRING) return { header: undefined, body: readBody(message) };
  const header = readHeader(message.into(SEQUENCE));
  const body = readBody(message.into(SEQUENCE));
  message.end();
  return { header, body };
}

/** What forms B and D keep in a secret: a DER header in Base64. */
export function readStoredHeader(text: string): Header {
  const bytes = fromBase64(text.trim());
  if (!bytes) throw invalidMessage('the header of the secret is not Base64');
  const file = new DerReader(memorySource(bytes));
  const header = readHeader(file.into(SEQUENCE));
  file.end();
  return header;
}

function readHeader(reader: DerReader): Header {
  if (reader.left > MAX_HEADER_BYTES) throw invalidMessage(`its header has ${reader.left} bytes`);
  const version = reader.small('version');
  const algorithm = reader.small('algorithm');
  const dataKeys = readPairs(reader.into(SET), 'data key');
  const entries = readPairs(reader.into(SET), 'context');
  const iv = reader.octets('header IV', HEADER_IV_BYTES, HEADER_IV_BYTES);
  const tag = reader.octets('header tag', TAG_BYTES, TAG_BYTES);
  reader.end();
  return checkedHeader({ version, algorithm, entries, dataKeys, iv, tag });
}

/** SET OF SEQUENCE { OCTET STRING, OCTET STRING }, in the order that DER gives it: by encoding. */
function readPairs(set: DerReader, name: string): Pair[] {
  const pairs: Pair[] = [];
  let last: Uint8Array | undefined;
  while (set.left > 0) {
    const start = set.at;
    const pair = set.into(SEQUENCE);
    pairs.push([pair.octets(name, 0, MAX_HEADER_BYTES), pair.octets(name, 0, MAX_HEADER_BYTES)]);
    pair.end();
    const encoded = set.since(start);
    if (last && compareBytes(last, encoded) >= 0)
      throw invalidMessage(`its ${name}s are not in the order of DER`);
    last = encoded;
  }
  return pairs;
}

function readBody(reader: DerReader): Body {
  const iv = reader.octets('IV', 1, 16);
  const ciphertext = reader.element(OCTET_STRING);
  const tag = reader.octets('tag', 0, TAG_BYTES);
  reader.end();
  return { iv, ciphertext, tag };
}

const writePairs = (pairs: readonly Pair[]): Uint8Array =>
  der(
    SET,
    ...pairs.map(([a, b]) => der(SEQUENCE, der(OCTET_STRING, a), der(OCTET_STRING, b))).sort(compareBytes),
  );

export const writeDerHeader = (header: Header): Uint8Array =>
  der(
    SEQUENCE,
    derSmall(VERSION),
    derSmall(header.algorithm.id),
    writePairs(header.dataKeys.map(({ cmk, ciphertext }) => [utf8(cmk), ciphertext])),
    writePairs(entriesOf(header.context)),
    der(OCTET_STRING, header.iv),
    der(OCTET_STRING, header.tag),
  );

/** Form A around a ciphertext of `length` bytes; the tag comes after `after`. */
export function aroundDer(
  header: Header,
  iv: Uint8Array,
  length: number,
): { readonly before: Uint8Array; readonly after: Uint8Array } {
  const encodedHeader = writeDerHeader(header);
  const start = joined([der(OCTET_STRING, iv), derPrefix(OCTET_STRING, length)]);
  const after = derPrefix(OCTET_STRING, TAG_BYTES);
  const bodyBytes = start.length + length + after.length + TAG_BYTES;
  const bodyPrefix = derPrefix(SEQUENCE, bodyBytes);
  const before = joined([
    derPrefix(SEQUENCE, encodedHeader.length + bodyPrefix.length + bodyBytes),
    encodedHeader,
    bodyPrefix,
    start,
  ]);
  return { before, after };
}
