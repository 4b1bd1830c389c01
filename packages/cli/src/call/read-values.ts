import { readFile } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import { ApiError } from '@keyhold/api/errors.ts';
import type { Operation, RequestOf } from '@keyhold/api/operation.ts';
import { readParameters } from '@keyhold/api/parameters.ts';
import { UsageError } from '../exit-codes.ts';
import type { Flag } from './flags.ts';

/** What commander read, by name; `Plaintext-file` is `PlaintextFile`; `true` is a switch without its value. */
export type GivenFlags = Readonly<Record<string, string | true | undefined>>;

/** The parameters that the flags and their files hold. Throws UsageError, which names the flag at fault. */
export async function readValues<O extends Operation>(
  operation: O,
  flags: readonly Flag[],
  given: GivenFlags,
): Promise<RequestOf<O>> {
  const values = new Map<string, string>();
  for (const flag of flags) {
    const value = await textOf(flag, asText(given[flag.name]), asText(given[`${flag.name}File`]));
    if (value !== undefined) values.set(flag.name, value);
  }
  try {
    return readParameters<O['request']>(operation.request, values);
  } catch (error) {
    if (error instanceof ApiError) throw new UsageError(named(error.message, flags), { cause: error });
    throw error;
  }
}

const asText = (value: string | true | undefined) => (value === undefined ? undefined : String(value));

async function textOf(
  flag: Flag,
  value: string | undefined,
  path: string | undefined,
): Promise<string | undefined> {
  if (value !== undefined && path !== undefined) {
    throw new UsageError(`give --${flag.name} or --${flag.name}-file, not both`);
  }
  if (value === undefined && path === undefined && flag.required) {
    throw new UsageError(
      `--${flag.name}${flag.fromFile ? ` or --${flag.name}-file` : ''} is required: ${flag.about}`,
    );
  }
  return path === undefined ? value : readText(flag, path);
}

/** The whole text, line ends included: the service gives back what it got. */
async function readText(flag: Flag, path: string): Promise<string> {
  const bytes = await (path === '-' ? buffer(process.stdin) : readFile(path)).catch((error: Error) => {
    throw new UsageError(`--${flag.name}-file: ${error.message}`);
  });
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    const name = path === '-' ? 'what came from stdin' : path;
    throw new UsageError(`--${flag.name}-file: ${name} is not text; encode it before, with base64 -w0`);
  }
}

/** The contract's message with the flag in place of the parameter it quotes, and what the flag takes. */
function named(message: string, flags: readonly Flag[]): string {
  const parameter = /"([A-Za-z]+)[^"]*"/.exec(message);
  const flag = flags.find(({ name }) => name === parameter?.[1]);
  return flag ? `--${flag.name}: ${message} It takes: ${flag.about}.` : message;
}
