import * as z from 'zod';
import type { ErrorCode, ErrorDetails } from './errors.ts';
import { parseJson } from './json-text.ts';

/**
 * The field kinds of the wire. Each is a codec: decoding reads the text a client sent, encoding writes it.
 * Lists and maps travel as JSON text; `meta.wire` says that the vendor's clients flatten them instead
 * (`Tag.1.Key=..`), which `parameters.ts` folds and unfolds.
 */
export interface FieldMeta {
  /**
   * `repeat`: clients send `Name.1`, `Name.1.Sub`. `map`: JSON text, but some clients send `Name.<key>`.
   * `json`: a list as JSON text. Whichever is sent, the other form is understood.
   */
  readonly wire?: 'repeat' | 'map' | 'json';
  /** An empty value means "empty", not "absent". */
  readonly keepsEmpty?: true;
  readonly description?: string;
}

export const text = (max: number, min = 1) => z.string().min(min).max(max);

/** A decimal integer. Leading zeros are tolerated, signs and fractions are not. */
export const integer = (min: number, max: number) =>
  z.codec(z.string().regex(/^\d{1,15}$/), z.int().min(min).max(max), {
    decode: (wire) => Number(wire),
    encode: (value) => String(value),
  });

/** `true` or `false` in any letter case. */
export const boolean = z.codec(z.string().regex(/^(true|false)$/i), z.boolean(), {
  decode: (wire) => wire.toLowerCase() === 'true',
  encode: (value) => String(value),
});

/**
 * JSON text of at most `maxChars` characters holding a value of `inner`. Lone surrogates (`"\\ud800"`) are
 * refused: they have no UTF-8 form.
 */
const json = <T extends z.ZodType>(inner: T, maxChars: number) =>
  z.codec(z.string().max(maxChars), inner.refine(isWellFormed), {
    decode: (wire, context) => {
      try {
        const value = parseJson(wire) as z.input<T>; // `inner` checks it
        // zod's records drop this name without a word; a context that loses a pair must not pass.
        if (!isObject(value) || !Object.hasOwn(value, '__proto__')) return value;
      } catch {
        // Refused below.
      }
      context.issues.push({ code: 'custom', message: 'not JSON', input: wire });
      return z.NEVER;
    },
    encode: (value) => JSON.stringify(value),
  });

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;

/** Only ever sees a value whose shape, and so whose depth, a schema has checked. */
function isWellFormed(value: unknown): boolean {
  if (typeof value === 'string') return value.isWellFormed();
  if (!isObject(value)) return true;
  return Object.entries(value).every(([name, member]) => name.isWellFormed() && isWellFormed(member));
}

/** 1 to `max` values of `inner`, sent as `Name.1`, `Name.2`, ... */
export const repeatList = <T extends z.ZodType>(inner: T, max: number) =>
  json(z.array(inner).min(1).max(max), MAX_LIST_CHARS).meta({ wire: 'repeat' } satisfies FieldMeta);

/** `min` to `max` values of `inner`, sent as JSON text. */
export const jsonList = <T extends z.ZodType>(inner: T, max: number, min = 1) =>
  json(z.array(inner).min(min).max(max), MAX_LIST_CHARS).meta({ wire: 'json' } satisfies FieldMeta);

const MAX_LIST_CHARS = 32_768;

/** Text to text, as JSON text of at most `maxChars` characters; some clients send `Name.<key>`. */
export const textMap = (maxChars: number) =>
  json(z.record(z.string(), z.string()), maxChars).meta({ wire: 'map' } satisfies FieldMeta);

/**
 * For checks: a failure that has an error code of its own. `reason` fills the `{reason}` of the message,
 * `details` its other blanks.
 */
export const failsWith = (code: ErrorCode, reason?: string, details: ErrorDetails = {}) => ({
  params: { ...details, errorCode: code },
  ...(reason === undefined ? {} : { message: reason }),
});

/** A documented parameter that this server refuses, rather than ignore what the caller asked for. */
export const notOffered = (reason: string, code: ErrorCode = 'UnsupportedOperation') =>
  z
    .string()
    .refine(() => false, failsWith(code, reason))
    .describe(`not offered: ${reason}`);

/** `yyyy-MM-ddTHH:mm:ssZ`; `""` where there is none. */
export const dateText = z.string();

// --- of RAM, STS and ActionTrail, which answer most wrong values with a code of their own ---------------

/** `min` to `max` characters, all of them matching `pattern`. */
export const codedText = (code: ErrorCode, pattern: RegExp, min: number, max: number) =>
  z
    .string()
    .refine((text) => text.length >= min && text.length <= max && pattern.test(text), failsWith(code));

/** One of `values`, in exactly this letter case. */
export const codedChoice = <const V extends readonly [string, ...string[]]>(code: ErrorCode, values: V) =>
  z.codec(
    z.string().refine((text) => values.includes(text), failsWith(code)),
    z.enum(values),
    // The check before it has told other texts apart.
    { decode: (text) => text as V[number], encode: (value) => value },
  );

/** A decimal integer. */
export const codedInteger = (code: ErrorCode, min: number, max: number) =>
  z.codec(
    z
      .string()
      .refine(
        (text) => /^\d{1,15}$/.test(text) && Number(text) >= min && Number(text) <= max,
        failsWith(code),
      ),
    z.int().min(min).max(max),
    { decode: (text) => Number(text), encode: (value) => String(value) },
  );
