import * as z from 'zod';
import type { ErrorCode } from './errors.ts';
import { failsWith } from './values.ts';

/** Field kinds of RAM, STS and ActionTrail, which answer most wrong values with a code of their own. */

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
