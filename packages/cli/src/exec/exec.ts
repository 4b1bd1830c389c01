import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { recognise } from '@keyhold/client/envelope/format/recognise.ts';
import { Connections } from '../envelope/connections.ts';
import { formatNamed, formatNameOf } from '../envelope/formats/format.ts';
import { type ReadFlags, readAccess, readContext } from '../envelope/options.ts';
import { NOT_STARTED, UsageError } from '../exit-codes.ts';
import { describeError, isWrongBlob, SAME_CONTEXT } from '../report-error.ts';
import { visible } from '../visible.ts';
import { CannotRun, runChild } from './child.ts';
import { type Entry, parseEnvFile } from './env-file.ts';

export interface ExecFlags extends ReadFlags {
  readonly envFile: readonly string[];
}

/** `keyhold exec --env-file FILE -- PROGRAM args`: the program alone gets what the file says, decrypted. */
export async function execCommand([program, ...args]: readonly string[], flags: ExecFlags): Promise<void> {
  try {
    if (program === undefined)
      throw new UsageError('say what to run: keyhold exec --env-file FILE -- PROGRAM');
    const environment = await readEnvironment(flags);
    process.exitCode = await runChild(program, args, { ...process.env, ...environment });
  } catch (error) {
    process.stderr.write(`${visible(`error: ${describeError(error).text}`)}\n`);
    process.exitCode = error instanceof CannotRun ? error.exitCode : NOT_STARTED;
  }
}

async function readEnvironment(flags: ExecFlags): Promise<Record<string, string>> {
  const connections = new Connections(flags);
  const context = readContext(flags.context);
  const decryptFile = fileDecryption(flags, connections);
  const decrypt = async (entry: Entry, envFile: string): Promise<string> => {
    if (entry.kind === 'text') return entry.text;
    // As `$(cat file)` has it: editors and echo end files with a line feed, and no password does.
    if (entry.kind === 'file')
      return (await decryptFile(resolve(dirname(envFile), entry.path))).replace(/\r?\n$/, '');
    // Whichever key it is under: who can put another blob here can put a plain text here, too.
    const { blob, region } = entry;
    const kms = region === undefined ? connections.default : connections.connectToRegion(region);
    const parameters = { CiphertextBlob: blob, ...(context && { EncryptionContext: { ...context } }) };
    return (await kms.Decrypt(parameters)).Plaintext;
  };
  const values: Record<string, string> = {};
  for (const path of flags.envFile) {
    const content = bytesOf(path);
    const text =
      recognise(content) === 'unknown'
        ? textOf(content, path)
        : await decryptFile(path).catch((error) => failedAt(path, error));
    const entries = parseEnvFile(text, path);
    const decrypted = await Promise.all(
      entries.map((entry) =>
        decrypt(entry, path).catch((error) => failedAt(`${path}: ${entry.name}`, error)),
      ),
    );
    entries.forEach(({ name }, index) => {
      const value = decrypted[index] ?? '';
      if (value.includes('\0'))
        throw new UsageError(`${path}: ${name} has a zero byte, which no environment takes`);
      values[name] = value;
    });
  }
  return values;
}

/** Servers and files do not know where they are named. */
function failedAt(where: string, error: unknown): never {
  const hint = isWrongBlob(error) ? `\n  try: ${SAME_CONTEXT}` : '';
  throw new Error(`${where}: ${describeError(error).text}${hint}`, { cause: error });
}

/** What an environment takes is small. */
const MAX_BYTES = 1024 * 1024;
const LONGEST_MS = 60_000;

/** The text in an encrypted file; the keys that may open it are looked up once. */
function fileDecryption(flags: ExecFlags, connections: Connections): (path: string) => Promise<string> {
  let access: ReturnType<typeof readAccess> | undefined;
  return async (path) => {
    const format = await formatNamed(formatNameOf(bytesOf(path)));
    access ??= readAccess(flags, connections);
    const reader = format.reader({
      ...(await access),
      overwrite: false,
      signal: AbortSignal.timeout(LONGEST_MS),
    });
    const parts: Uint8Array[] = [];
    await reader.decryptFile(path, new WritableStream({ write: (bytes) => void parts.push(bytes) }));
    return textOf(Buffer.concat(parts), path);
  };
}

function bytesOf(path: string): Uint8Array {
  try {
    const bytes = readFileSync(path);
    if (bytes.length <= MAX_BYTES) return bytes;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EISDIR')
      throw new UsageError(`${path} is a directory`);
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
  throw new UsageError(`${path} is larger than 1 MiB: no environment takes that`);
}

function textOf(bytes: Uint8Array, path: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new UsageError(`${path} is not text in UTF-8`);
  }
}
