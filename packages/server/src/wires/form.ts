import { ApiError } from '@keyhold/api/errors.ts';
import type { Pair } from '@keyhold/api/signature/canonical-query.ts';
import { compareCodeUnits, compareUtf8, sortByName } from '@keyhold/api/signature/canonical-query.ts';

const MAX_PARAMETERS = 1000;
const ESCAPED = /[%+\x80-\uffff]/g;
const BEYOND_PERCENT = /[+\x80-\uffff]/;

/**
 * Reads a query or form body (wire protocol 1.3). Each character of `text` stands for one byte, as Node hands
 * out a request target. Sorted by name; a name that repeats is refused, because no client can produce it.
 */
export function parseForm(text: string): Pair[] {
  const pairs: Pair[] = [];
  let areNamesAscii = true;
  let escapeAt = nextEscape(text, 0);
  for (let start = 0, end = 0; start < text.length; start = end + 1) {
    end = text.indexOf('&', start);
    if (end < 0) end = text.length;
    if (end === start) continue;
    if (pairs.length === MAX_PARAMETERS) throw unreadable(`there are more than ${MAX_PARAMETERS} parameters`);
    if (escapeAt < start) escapeAt = nextEscape(text, start);
    const piece = splitPiece(text.slice(start, end));
    if (escapeAt >= end) {
      pairs.push(piece);
      continue;
    }
    const [name, value] = piece;
    const isNamePlain = escapeAt >= start + name.length;
    pairs.push([isNamePlain ? name : decode(name), decode(value)]);
    areNamesAscii &&= isNamePlain;
  }
  return refuseRepeats(sortByName(pairs, areNamesAscii ? compareCodeUnits : compareUtf8));
}

export const unreadable = (reason: string): ApiError =>
  new ApiError('ParseRequestParameterException', { reason });

/** Names come from the caller and go into a message: cut to what a reader needs. */
export const invalidParameter = (name: string): ApiError =>
  new ApiError('InvalidParameter', { parameter: name.slice(0, 100) });

/** One search over the text, instead of one for each of its pieces. */
function nextEscape(text: string, from: number): number {
  ESCAPED.lastIndex = from;
  return ESCAPED.test(text) ? ESCAPED.lastIndex - 1 : Number.POSITIVE_INFINITY;
}

function splitPiece(piece: string): Pair {
  const equals = piece.indexOf('=');
  return equals < 0 ? [piece, ''] : [piece.slice(0, equals), piece.slice(equals + 1)];
}

function decode(text: string): string {
  try {
    return decodeURIComponent(BEYOND_PERCENT.test(text) ? spellOut(text) : text);
  } catch {
    throw unreadable('a percent escape is cut short or is not UTF-8');
  }
}

/** Leaves percent escapes as the only thing to decode. */
function spellOut(text: string): string {
  if (/[\u0100-\uffff]/.test(text)) throw new URIError('not bytes');
  return text.replaceAll('+', ' ').replace(/[\x80-\xff]/g, escapeByte);
}

const escapeByte = (byte: string): string => `%${byte.charCodeAt(0).toString(16)}`;

function refuseRepeats(sorted: Pair[]): Pair[] {
  let previous: string | undefined;
  for (const [name] of sorted) {
    if (name === previous) throw invalidParameter(name);
    previous = name;
  }
  return sorted;
}
