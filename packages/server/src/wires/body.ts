import { parseJson } from '@keyhold/api/json-text.ts';
import type { Pair } from '@keyhold/api/signature/canonical-query.ts';
import { sortByName } from '@keyhold/api/signature/canonical-query.ts';
import { parseForm, unreadable } from './form.ts';
import { headerValues } from './headers.ts';
import type { RawRequest } from './request.ts';

const UTF8 = new TextDecoder('utf-8', { fatal: true });

/** The pairs of the query, sorted by name. */
export function queryPairs(raw: RawRequest): Pair[] {
  const start = raw.target.indexOf('?');
  return start < 0 ? [] : parseForm(raw.target.slice(start + 1));
}

/** The pairs of a form body, sorted by name; none where the body is empty or of another media type. */
export function formPairs(raw: RawRequest): Pair[] {
  return hasBody(raw, 'application/x-www-form-urlencoded') ? parseForm(bytesAsText(raw.body)) : [];
}

/**
 * The members of a JSON object body as parameters (wire protocol 2.2): scalars become text, objects and
 * arrays stay JSON text, `null` counts as absent.
 */
export function jsonPairs(raw: RawRequest): Pair[] {
  if (!hasBody(raw, 'application/json')) return [];
  const pairs: Pair[] = [];
  try {
    for (const [name, value] of Object.entries(jsonObject(raw.body))) {
      if (value === null) continue;
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

/** One character per byte. */
export const bytesAsText = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');

function jsonObject(body: Uint8Array): object {
  const value: unknown = parseJson(UTF8.decode(body));
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  throw new SyntaxError('not an object');
}
