import * as z from 'zod';
import { boolean, integer, text, textMap } from '../values.ts';

/** The field kinds that several operations of KMS share. */

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

/** `{}` means the same as no context. Not secret: it appears in the trail (KMS semantics 10.4). */
export const encryptionContext = textMap(8192).describe(
  'JSON object of text values; the same pairs are needed to decrypt',
);

export const dryRun = boolean.describe('true: check everything, do nothing');

export const pageNumber = integer(1, 1_000_000_000).describe('from 1').optional();
export const pageSize = integer(1, 100).describe('1 to 100, default 10').optional();
export const page = { TotalCount: z.int(), PageNumber: z.int(), PageSize: z.int() };
