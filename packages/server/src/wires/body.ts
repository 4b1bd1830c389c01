import { ApiError } from '@keyhold/api/errors.ts';
import { parseUniqueJson } from '@keyhold/api/json-text.ts';
import type { Pair } from '@keyhold/api/signature/canonical-query.ts';
import { sortByName } from '@keyhold/api/signature/canonical-query.ts';
import { parseForm, unreadable } from './form.ts';
import { headerValues } from './headers.ts';
import type { RawRequest } from './request.ts';

const UTF8 = new TextDecoder('utf-8', { fatal: true });
/**
 * As much as fits into a query; no operation takes nearly as much. Parameters are decoded and encoded again before
 * the signature shows a stranger to be one, at a quarter of a second and 100 MB of garbage per megabyte.
 */
const MAX_PARAMETER_BYTES = 512 * 1024;

/** The pairs of the query, sorted by name. */
export function queryPairs(raw: RawRequest): Pair[] {
  const start = raw.target.indexOf('?');
  return start < 0 ? [] : parseForm(raw.target.slice(start + 1));
}

/** The pairs of a form body, sorted by name; none where the body is empty or of another media type. */
export function formPairs(raw: RawRequest): Pair[] {
  if (!hasBody(raw, 'application/x-www-form-urlencoded')) return [];
  refuseTooLarge(raw);
  return parseForm(bytesAsText(raw.body));
}

/**
 * The members of a JSON object body as parameters (wire protocol 2.2): scalars become text, objects and
 * arrays stay JSON text, `null` counts as absent.
 */
export function jsonPairs(raw: RawRequest): Pair[] {
  if (!hasBody(raw, 'application/json')) return [];
  refuseTooLarge(raw);
  const pairs: Pair[] = [];
  try {
    for (const [name, value] of Object.entries(jsonObject(raw.body))) {
      if (value === null) continue;
      // Beyond 2^53 JavaScript reads another number than was signed.
      if (typeof value === 'number' && !Number.isSafeInteger(value)) throw new RangeError('not exact');
      const text = typeof value === 'string' ? value : JSON.stringify(value);
      if (!name.isWellFormed() || !text.isWellFormed()) throw new SyntaxError('an unpaired surrogate');
      pairs.push([name, text]);
    }
  } catch {
    throw unreadable('the body is not a JSON object in UTF-8');
  }
  return sortByName(pairs);
}

/** True for a body of the media type, whatever follows `;` in Content-Type. */
export function hasBody(raw: RawRequest, mediaType: string): boolean {
  if (raw.body.length === 0) return false;
  const contentType = headerValues(raw, 'content-type')[0] ?? '';
  return contentType.split(';', 1)[0]?.trim().toLowerCase() === mediaType;
}

function refuseTooLarge({ body }: RawRequest): void {
  if (body.length <= MAX_PARAMETER_BYTES) return;
  throw new ApiError('RequestTooLarge', { reason: `parameters may have ${MAX_PARAMETER_BYTES} bytes` });
}

/** One character per byte. */
export const bytesAsText = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');

function jsonObject(body: Uint8Array): object {
  const value: unknown = parseUniqueJson(UTF8.decode(body));
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  throw new SyntaxError('not an object');
}
