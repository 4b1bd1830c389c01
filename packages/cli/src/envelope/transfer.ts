import { createReadStream, fstatSync, ReadStream } from 'node:fs';
import { Socket } from 'node:net';
import { OutputFile } from '@keyhold/client/envelope/file/output-file.ts';
import { writeAll } from '@keyhold/client/envelope/file/run.ts';
import { UsageError } from '../exit-codes.ts';
import { type Pair, STDIO } from './files/plan.ts';
import type { Destination, Through } from './formats/format.ts';
import { StandardOutput } from './standard-output.ts';

export interface Transfer {
  readonly file: (from: string, to: Destination) => Promise<void>;
  readonly stream: () => Through;
  /** Where it is not stdin as it is. */
  readonly input?: ReadableStream<Uint8Array> | undefined;
  readonly overwrite: boolean;
  readonly signal: AbortSignal;
  readonly onBytes?: ((bytes: number) => void) | undefined;
}

/** One input into one output, each a file or `-`. What is not complete is not there, or said to be incomplete. */
export async function transfer({ from, to }: Pair, options: Transfer): Promise<void> {
  if (to !== STDIO) {
    await (from === STDIO ? intoFile(to, options) : options.file(from, to));
    return;
  }
  const stdout = new StandardOutput();
  await stdout.during(() =>
    from === STDIO
      ? throughOf(options).pipeTo(stdout.stream, { signal: options.signal })
      : options.file(from, stdout.outlet),
  );
}

async function intoFile(path: string, options: Transfer): Promise<void> {
  using output = new OutputFile(path, undefined, options);
  let at = 0;
  for await (const bytes of throughOf(options)) {
    writeAll(output.fd, bytes, at);
    at += bytes.length;
  }
  options.signal.throwIfAborted();
  await output.commit();
}

function throughOf({ stream, signal, onBytes, input = stdin() }: Transfer): ReadableStream<Uint8Array> {
  let bytes = 0;
  const counting = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, output) {
      bytes += chunk.length;
      onBytes?.(bytes);
      output.enqueue(chunk);
    },
  });
  return input.pipeThrough(counting, { signal }).pipeThrough(stream(), { signal });
}

const BLOCK_DEVICE_BYTES = 256 * 1024;

/** What Node does not know how to read comes from it as a stream that is empty: nothing of that may be encrypted. */
export function stdin(): ReadableStream<Uint8Array> {
  if (fstatSync(0).isBlockDevice()) {
    return streamOf(createReadStream('', { fd: 0, highWaterMark: BLOCK_DEVICE_BYTES }));
  }
  const input: unknown = process.stdin;
  if (input instanceof Socket || input instanceof ReadStream) return streamOf(input);
  throw new UsageError(
    'stdin is a directory, or something else that cannot be read: give a file, a pipe or a device',
  );
}

/** What comes piece by piece as a stream that reads no further than it is asked to. */
export function streamOf(source: AsyncIterable<Uint8Array>): ReadableStream<Uint8Array> {
  const pieces = source[Symbol.asyncIterator]();
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { value, done } = await pieces.next();
        if (done) controller.close();
        else controller.enqueue(value);
      },
      async cancel() {
        // Not awaited: it may be in the middle of a piece that never comes.
        pieces.return?.().catch(() => {});
      },
    },
    { highWaterMark: 0 },
  );
}

/** The first bytes, to look at, and the stream as if nobody had looked. */
export async function lookInto(
  stream: ReadableStream<Uint8Array>,
  bytes: number,
): Promise<{ readonly start: Uint8Array; readonly stream: ReadableStream<Uint8Array> }> {
  const reader = stream.getReader();
  const seen: Uint8Array[] = [];
  for (let length = 0; length < bytes; ) {
    const { value, done } = await reader.read();
    if (done) break;
    seen.push(value);
    length += value.length;
  }
  const start = Uint8Array.from(Buffer.concat(seen));
  let first: Uint8Array | undefined = start;
  const again = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        if (first && first.length > 0) controller.enqueue(first);
        else {
          const { value, done } = await reader.read();
          if (done) controller.close();
          else controller.enqueue(value);
        }
        first = undefined;
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  );
  return { start, stream: again };
}
