import { EnvelopeError, type EnvelopeErrorCode } from '../envelope-error.ts';
import { recognise } from '../format/recognise.ts';
import { decodedLength, fromBase64, latin1 } from './base64.ts';
import { TAG_BYTES } from './eax.ts';
import { nameOfOther } from './named.ts';
import type { Range, Source } from './source.ts';

/** The four-line sample file (envelope formats 1.1), without its ciphertext. */
export interface FourLines {
  /** Line 1 as KMS gave it, without white space. */
  readonly blob: string;
  readonly nonce: Uint8Array;
  /** The Base64 text of line 3. */
  readonly ciphertext: Range;
  readonly plaintextBytes: number;
  readonly tag: Uint8Array;
}

/** Lines 1 and 2 have to end in these first bytes. */
const START_BYTES = 32 * 1024;
const MAX_BLOB_BYTES = 8192;
/** EAX takes any; the sample writes 16. */
const MAX_NONCE_BYTES = 1024;
/** Of spaces around a line. */
const MAX_MARGIN = 64;

/**
 * Finds the lines without reading line 3: from the start and from the end. LF or CRLF between them, white space
 * around them and empty lines behind them are let pass. Throws NotAnEnvelope, InvalidHeader, Truncated.
 */
export function readFourLines(source: Source): FourLines {
  const start = source.read(0, START_BYTES);
  const refuse = (what: string, code: EnvelopeErrorCode = 'InvalidHeader'): EnvelopeError => {
    if (recognise(start) === 'sample') {
      return new EnvelopeError(code, `the four-line sample file cannot be read: ${what}`);
    }
    const other = nameOfOther(start, 'sample');
    const why = other === undefined ? what : `it is ${other}`;
    return new EnvelopeError('NotAnEnvelope', `the input is not a four-line sample file: ${why}`);
  };

  const text = latin1(start);
  const firstEnd = text.indexOf('\n');
  const secondEnd = firstEnd < 0 ? -1 : text.indexOf('\n', firstEnd + 1);
  if (secondEnd < 0) throw refuse('it has fewer than four lines', 'Truncated');
  const blob = trimmed(text.slice(0, firstEnd));
  const blobBytes = fromBase64(blob)?.length ?? 0;
  if (blobBytes < 1 || blobBytes > MAX_BLOB_BYTES)
    throw refuse('line 1, the encrypted data key, is not Base64');
  const nonce = fromBase64(trimmed(text.slice(firstEnd + 1, secondEnd)));
  if (!nonce || nonce.length < 1 || nonce.length > MAX_NONCE_BYTES) {
    throw refuse('line 2, the nonce, is not Base64 of at least a byte');
  }

  const thirdStart = secondEnd + 1;
  const end = endOfText(source, thirdStart);
  const window = Math.max(thirdStart, end - 2 * MAX_MARGIN);
  const tail = latin1(source.read(window, end - window));
  const thirdEnd = tail.lastIndexOf('\n');
  if (thirdEnd < 0) {
    if (window === thirdStart) throw refuse('it has fewer than four lines', 'Truncated');
    throw refuse(`line 4, the tag, is not Base64 of ${TAG_BYTES} bytes`);
  }
  const tag = fromBase64(trimmed(tail.slice(thirdEnd + 1)));
  if (tag?.length !== TAG_BYTES) throw refuse(`line 4, the tag, is not Base64 of ${TAG_BYTES} bytes`);

  const ciphertext = withoutMargins(source, { start: thirdStart, end: window + thirdEnd });
  const plaintextBytes = decodedLength(source, ciphertext);
  if (plaintextBytes === undefined) throw refuse('line 3, the ciphertext, is not Base64');
  return { blob, nonce, ciphertext, plaintextBytes, tag };
}

/** Carriage returns belong to line ends of Windows. */
const isBlank = (character: string | undefined): boolean =>
  character === ' ' || character === '\t' || character === '\r';

/** What is between the blanks of a text: a loop, because a pattern would take the square of their number. */
function inner(text: string, alsoLineFeeds = false): Range {
  const blank = (at: number): boolean => isBlank(text[at]) || (alsoLineFeeds && text[at] === '\n');
  let [start, end] = [0, text.length];
  while (end > 0 && blank(end - 1)) end--;
  while (start < end && blank(start)) start++;
  return { start, end };
}

function trimmed(line: string): string {
  const { start, end } = inner(line);
  return line.slice(start, end);
}

/** Where the last character that is no white space ends, not before `from`. */
function endOfText(source: Source, from: number): number {
  const step = 4096;
  for (let end = source.bytes; end > from; end -= step) {
    const start = Math.max(from, end - step);
    const last = inner(latin1(source.read(start, end - start)), true).end;
    if (last > 0) return start + last;
  }
  return from;
}

function withoutMargins(source: Source, { start, end }: Range): Range {
  const margin = Math.min(MAX_MARGIN, end - start);
  const left = inner(latin1(source.read(start, margin))).start;
  const right = margin - inner(latin1(source.read(end - margin, margin))).end;
  return { start: start + left, end: Math.max(start + left, end - right) };
}
