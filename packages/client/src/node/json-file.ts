import { readFile } from 'node:fs/promises';
import type * as z from 'zod';
import { CredentialsError } from '../credentials/credentials.ts';

/** What the file holds; undefined where there is none. Throws CredentialsError, and quotes nothing of the file. */
export async function readJsonFile<S extends z.ZodType>(
  path: string,
  schema: S,
): Promise<z.output<S> | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT') return undefined;
    throw new CredentialsError(`${path} cannot be read (${code})`, { cause: error });
  }
  const result = schema.safeParse(parse(text));
  if (result.success) return result.data;
  const where = result.error.issues[0]?.path.join('.') || 'it is not JSON of this kind';
  throw new CredentialsError(`${path} cannot be understood (${where})`);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch {
    return undefined;
  }
}
