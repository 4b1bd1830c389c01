import { fstatSync, write } from 'node:fs';
import { promisify } from 'node:util';
import { neverWaits, type Outlet } from '@keyhold/client/envelope/file/sink.ts';
import { UsageError } from '../exit-codes.ts';

const writeSome = promisify(write);
/** What a pipe holds: of what fails, nobody knows how much was read. */
const PIPE_BYTES = 64 * 1024;

/** What was printed stays printed: the reader has to know that it is not all. */
export class PartlyPrinted extends Error {
  override readonly name = 'PartlyPrinted';

  constructor(bytes: number, cause: unknown) {
    super(`what was printed is incomplete (${bytes} bytes): do not use it`, { cause });
  }
}

/** Stdout for bytes: counted, in order, and at a terminal only where they are text. */
export class StandardOutput {
  /** Where whole files go: into a file or /dev/null that is stdout without coming through here. */
  readonly outlet: Outlet;
  readonly #sizeBefore = fstatSync(1).size;
  #bytes = 0;
  readonly #decoder = process.stdout.isTTY ? new TextDecoder('utf-8', { fatal: true }) : undefined;
  readonly stream = new WritableStream<Uint8Array>({ write: (bytes) => this.#write(bytes) });

  constructor() {
    this.outlet = neverWaits(1) ?? this.stream;
    // That nobody reads on is the end of the write that finds out, and not of the process before it has said so.
    process.stdout.removeAllListeners('error').on('error', () => {});
  }

  /** Runs what writes into it. Throws PartlyPrinted where it had begun. */
  async during(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      const printed = this.#bytes + fstatSync(1).size - this.#sizeBefore;
      throw printed > 0 ? new PartlyPrinted(printed, error) : error;
    }
  }

  async #write(bytes: Uint8Array): Promise<void> {
    if (this.#decoder && !isText(this.#decoder, bytes)) throw binaryToTerminal();
    if (this.outlet === this.stream) {
      for (let at = 0; at < bytes.length; at += PIPE_BYTES) {
        const piece = bytes.subarray(at, at + PIPE_BYTES);
        await printed(piece);
        this.#bytes += piece.length;
      }
      return;
    }
    for (let written = 0; written < bytes.length; ) {
      const { bytesWritten } = await writeSome(1, bytes, written, bytes.length - written, null);
      written += bytesWritten;
    }
  }
}

/** Node makes a pipe non-blocking: only its own stream hears when there is room again. */
const printed = (bytes: Uint8Array): Promise<void> =>
  new Promise((resolve, reject) => {
    process.stdout.write(bytes, (error) => (error ? reject(error) : resolve()));
  });

/** Control characters could command the terminal. */
function isText(decoder: TextDecoder, bytes: Uint8Array): boolean {
  try {
    return !/(?![\n\r\t])\p{Cc}/u.test(decoder.decode(bytes, { stream: true }));
  } catch {
    return false;
  }
}

/** Envelope formats 4.7. */
export const binaryToTerminal = (): UsageError =>
  new UsageError('binary data does not go to a terminal: name a file with -o, or redirect stdout');
