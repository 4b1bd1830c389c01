import * as z from 'zod';
import { UsageError } from '../exit-codes.ts';

/** `KeyMetadata.KeyId`, `Keys.Key.0.KeyId` */
const namesIn = (path: string): readonly string[] => path.split('.');

/** Before the call is made, which may write. Throws UsageError for what the contract's answer cannot have. */
export function checkQuery(path: string, response: z.ZodObject): void {
  let part: z.core.$ZodType | undefined = response.extend({ RequestId: z.string() });
  for (const name of namesIn(path)) {
    if (part instanceof z.ZodOptional) part = part.unwrap();
    if (part instanceof z.ZodArray) {
      if (!/^\d+$/.test(name)) throw new UsageError(`--query: a number is expected in place of ${name}`);
      part = part.element;
    } else if (part instanceof z.ZodObject) {
      const { shape }: z.ZodObject = part;
      if (!Object.hasOwn(shape, name)) throw missing(name, Object.keys(shape));
      part = shape[name];
    } else return;
  }
}

/** Throws UsageError where this answer does not have it. */
export function partOf(answer: object, path: string): unknown {
  let part: unknown = answer;
  for (const name of namesIn(path)) {
    if (typeof part !== 'object' || part === null || !Object.hasOwn(part, name))
      throw missing(name, typeof part === 'object' && part !== null ? Object.keys(part) : []);
    part = Object.getOwnPropertyDescriptor(part, name)?.value;
  }
  return part;
}

const missing = (name: string, known: readonly string[]): UsageError =>
  new UsageError(
    `--query: the answer has no ${name} there${known.length > 0 ? `, but ${known.join(', ')}` : ''}`,
  );
