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

// --- names of things -------------------------------------------------------------------------------

/** A key id, a full alias name or a key ARN, where the operation's resource rule says `alias`. */
export const keyName = text(512).describe('key id, alias/<name>, or key ARN');

/** `alias/` and 1 to 255 of letters, digits, `_ - /`; names of cloud services (`alias/acs...`) are reserved. */
export const aliasName = z
  .string()
  .regex(/^alias\/(?!acs)[A-Za-z0-9_\-/]{1,255}$/)
  .describe('alias/<name>: letters, digits, _ - /');

/** A key id or a key ARN; the server refuses an alias (Unsupported.Alias). */
export const keyIdOnly = text(512).describe('key id or key ARN; no alias');

export const keyVersionId = text(64).describe('key version id');

/**
 * String to string, at most 8192 characters of JSON; `{}` means the same as no context. Not secret: it
 * appears in the trail. (KMS semantics 10.4)
 */
export const encryptionContext = json(z.record(z.string(), z.string()), 8192)
  .meta({ wire: 'map' } satisfies FieldMeta)
  .describe('JSON object of text values; the same pairs are needed to decrypt');

export const dryRun = boolean.describe('true: check everything, do nothing');

// --- paging ----------------------------------------------------------------------------------------

export const pageNumber = integer(1, 1_000_000_000).describe('from 1').optional();
export const pageSize = integer(1, 100).describe('1 to 100, default 10').optional();
export const page = { TotalCount: z.int(), PageNumber: z.int(), PageSize: z.int() };

/** `yyyy-MM-ddTHH:mm:ssZ`; `""` where there is none. */
export const dateText = z.string();
