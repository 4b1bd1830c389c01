import { createHash } from 'node:crypto';
import { type FileHandle, mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import { syncDirectory } from '../files/sync-directory.ts';
import { StartError } from '../start-error.ts';
import { isPart, MANIFEST, type Manifest, readManifest, SUMS, sumsText, TRAIL } from './parts.ts';
import { BLOCK_BYTES, END_BYTES, paddingAfter, readTarHeader, type TarEntry } from './tar.ts';

const CHUNK_BYTES = 1 << 20;
/** Manifest and sums are read into memory: a sum for each of a hundred thousand segments. */
const MOST_TEXT_BYTES = 16 << 20;

/** Unpacks a backup into a directory that exists and is empty. Throws StartError that names the part that is not whole. */
export async function extract(from: string, directory: string): Promise<Manifest> {
  const file = await open(from, 'r').catch((error: NodeJS.ErrnoException) => {
    throw new StartError(`the backup ${from} cannot be read (${error.code})`);
  });
  await using reading = file;
  const damaged = (what: string) =>
    new StartError(`the backup ${from} is damaged: ${what}; take another one`);
  const { size } = await reading.stat();
  const reader = new Reader(reading);
  const sums = new Map<string, string>();
  const texts = new Map<string, string>();
  await mkdir(join(directory, TRAIL), { mode: 0o700 });
  while (!texts.has(SUMS)) {
    const header = await reader.read(BLOCK_BYTES);
    const entry = header && readTarHeader(header);
    if (entry === undefined) throw damaged(`no part begins at byte ${reader.at - (header?.length ?? 0)}`);
    if (!isPart(entry.name) || sums.has(entry.name))
      throw damaged(`it holds "${entry.name}", which is no part`);
    if (reader.at + entry.size > size) throw damaged(`it ends within ${entry.name}`);
    const known = sumsText(sums);
    const text = await extractPart(reader, entry, directory, sums);
    if (!(await reader.isZero(paddingAfter(entry.size))))
      throw damaged(`what follows ${entry.name} is not zero`);
    if (text !== undefined) texts.set(entry.name, text);
    if (entry.name === SUMS && text !== known) throw damaged(wrongSum(known, text ?? ''));
  }
  if (!(await reader.isZero(END_BYTES)) || reader.at !== size) throw damaged('something follows its end');
  const manifest = readManifest(texts.get(MANIFEST) ?? '');
  if (manifest === undefined) throw damaged('its manifest is missing or of a newer version');
  await syncDirectory(join(directory, TRAIL));
  await syncDirectory(directory);
  return manifest;
}

/** Writes what belongs into the data directory; returns what does not. */
async function extractPart(
  reader: Reader,
  { name, size }: TarEntry,
  directory: string,
  sums: Map<string, string>,
): Promise<string | undefined> {
  const digest = createHash('sha256');
  const isText = name === MANIFEST || name === SUMS;
  if (isText) {
    const bytes = size <= MOST_TEXT_BYTES ? await reader.read(size) : undefined;
    sums.set(name, digest.update(bytes ?? '').digest('hex'));
    return bytes?.toString('utf8') ?? '';
  }
  await using target = await open(join(directory, name), 'wx', 0o600);
  for (let left = size; left > 0; ) {
    const bytes = await reader.read(Math.min(left, CHUNK_BYTES));
    if (bytes === undefined) break; // its sum tells
    digest.update(bytes);
    await target.writeFile(bytes);
    left -= bytes.length;
  }
  await target.sync();
  sums.set(name, digest.digest('hex'));
  return undefined;
}

function wrongSum(found: string, said: string): string {
  const expected = new Set(said.split('\n'));
  const line = found.split('\n').find((each) => !expected.has(each));
  return line ? `${line.slice(66)} is not what was backed up` : 'parts are missing';
}

/** Reads a file from its beginning to its end. */
class Reader {
  at = 0;
  readonly #file: FileHandle;

  constructor(file: FileHandle) {
    this.#file = file;
  }

  /** Undefined where there is less. */
  async read(length: number): Promise<Buffer | undefined> {
    const bytes = Buffer.allocUnsafe(length);
    for (let done = 0; done < length; ) {
      const { bytesRead } = await this.#file.read(bytes, done, length - done, this.at);
      if (bytesRead === 0) return undefined;
      done += bytesRead;
      this.at += bytesRead;
    }
    return bytes;
  }

  async isZero(length: number): Promise<boolean> {
    return (await this.read(length))?.every((byte) => byte === 0) ?? false;
  }
}
