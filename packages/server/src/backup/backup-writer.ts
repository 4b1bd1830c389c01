import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { MANIFEST, type Manifest, SUMS, sumsText } from './parts.ts';
import { END_BYTES, paddingAfter, tarHeader } from './tar.ts';

const CHUNK_BYTES = 1 << 20;

/** A file became shorter or went while it was copied: the trail moved on, and the copy has to begin again. */
export class MovedOn extends Error {
  override readonly name = 'MovedOn';
}

/** Writes the parts one after the other, and what they are at the end. */
export class BackupWriter {
  readonly #file: FileHandle;
  readonly #time: number;
  readonly #sums = new Map<string, string>();
  #at = 0;

  constructor(file: FileHandle, time: number) {
    this.#file = file;
    this.#time = Math.floor(time / 1000);
  }

  /** The first `size` bytes of a file, which may be growing. */
  async add(name: string, path: string, size: number): Promise<void> {
    await using source = await open(path, 'r').catch(movedOn);
    await this.#write(tarHeader({ name, size, time: this.#time }));
    const digest = createHash('sha256');
    const buffer = Buffer.allocUnsafe(Math.min(CHUNK_BYTES, Math.max(size, 1)));
    for (let at = 0; at < size; ) {
      const { bytesRead } = await source.read(buffer, 0, Math.min(buffer.length, size - at), at);
      if (bytesRead === 0) throw new MovedOn(`${path} became shorter`);
      const bytes = buffer.subarray(0, bytesRead);
      digest.update(bytes);
      await this.#write(bytes);
      at += bytesRead;
    }
    await this.#write(Buffer.alloc(paddingAfter(size)));
    this.#sums.set(name, digest.digest('hex'));
  }

  /** Returns how many bytes there are; they are on the disk then. */
  async finish(manifest: Manifest): Promise<number> {
    await this.#addText(MANIFEST, `${JSON.stringify(manifest, null, 2)}\n`);
    await this.#addText(SUMS, sumsText(this.#sums));
    await this.#write(Buffer.alloc(END_BYTES));
    await this.#file.sync();
    return this.#at;
  }

  async #addText(name: string, text: string): Promise<void> {
    const bytes = Buffer.from(text, 'utf8');
    await this.#write(tarHeader({ name, size: bytes.length, time: this.#time }));
    await this.#write(bytes);
    await this.#write(Buffer.alloc(paddingAfter(bytes.length)));
    this.#sums.set(name, createHash('sha256').update(bytes).digest('hex'));
  }

  async #write(bytes: Buffer): Promise<void> {
    for (let done = 0; done < bytes.length; ) {
      const { bytesWritten } = await this.#file.write(bytes, done, bytes.length - done, this.#at);
      done += bytesWritten;
      this.#at += bytesWritten;
    }
  }
}

function movedOn(error: NodeJS.ErrnoException): never {
  throw error.code === 'ENOENT' ? new MovedOn(error.message) : error;
}
