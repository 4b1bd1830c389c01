import { EnvelopeError } from '../envelope-error.ts';
import { compareBytes, FieldReader, invalidHeader, joined, textOf, u16, utf8, withLength } from './bytes.ts';

/** The same pairs are sent to KMS as `EncryptionContext`. Stored in clear: not a place for secrets. */
export type Context = Readonly<Record<string, string>>;

/** Envelope formats 4.3. */
export const MAX_CONTEXT_BYTES = 8192;
const MAX_KEY_BYTES = 255;
const MAX_VALUE_BYTES = 4096;
/** KMS counts the JSON text (KMS semantics 10.4). */
const MAX_JSON_CHARACTERS = 8192;

/**
 *   u16 count || per entry, ascending by the key's UTF-8 bytes: u16 length || key || u16 length || value
 *
 * Throws InvalidContext where a pair is out of the limits.
 */
export function writeContext(context: Context): Uint8Array {
  const entries = Object.entries(context).map(([key, value]) => {
    if (typeof value !== 'string' || !key.isWellFormed() || !value.isWellFormed()) {
      throw invalid('keys and values have to be text');
    }
    return [utf8(key), utf8(value)] as const;
  });
  entries.sort(([a], [b]) => compareBytes(a, b));
  for (const [key, value] of entries) {
    if (key.length < 1 || key.length > MAX_KEY_BYTES) throw invalid(`a key has 1 to ${MAX_KEY_BYTES} bytes`);
    if (value.length > MAX_VALUE_BYTES) throw invalid(`a value has at most ${MAX_VALUE_BYTES} bytes`);
  }
  const bytes = joined([
    u16(Math.min(entries.length, 0xffff)),
    ...entries.flatMap(([key, value]) => [withLength(key), withLength(value)]),
  ]);
  if (bytes.length > MAX_CONTEXT_BYTES || JSON.stringify(context).length > MAX_JSON_CHARACTERS) {
    throw invalid(`all of it together has at most ${MAX_CONTEXT_BYTES} bytes`);
  }
  return bytes;
}

/** Throws InvalidHeader for everything but the one spelling of a map. */
export function parseContext(bytes: Uint8Array): Context {
  if (bytes.length > MAX_CONTEXT_BYTES) throw invalidHeader(`its context has ${bytes.length} bytes`);
  const reader = new FieldReader(bytes);
  const entries: [string, string][] = [];
  let last: Uint8Array | undefined;
  for (let count = reader.u16(); count > 0; count--) {
    const key = reader.field('context key', 1, MAX_KEY_BYTES);
    const value = reader.field('context value', 0, MAX_VALUE_BYTES);
    if (last && compareBytes(last, key) >= 0)
      throw invalidHeader('its context is out of order or repeats a key');
    entries.push([textOf(key, 'context'), textOf(value, 'context')]);
    last = key;
  }
  if (reader.left > 0) throw invalidHeader('its context has bytes left over');
  return Object.fromEntries(entries);
}

/** What KMS is sent: nothing where the context is empty (envelope formats 4.3), else sorted as it is stored. */
export function contextForKms(contextBytes: Uint8Array): { EncryptionContext?: Record<string, string> } {
  const context = parseContext(contextBytes);
  return Object.keys(context).length === 0 ? {} : { EncryptionContext: { ...context } };
}

const invalid = (what: string): EnvelopeError =>
  new EnvelopeError('InvalidContext', `the encryption context cannot be used: ${what}`);
