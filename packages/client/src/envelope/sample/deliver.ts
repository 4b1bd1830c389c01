import type { InputFile } from '../file/input-file.ts';
import { OutputFile, type OutputOptions } from '../file/output-file.ts';
import { writeAll } from '../file/run.ts';
import { type Outlet, withSink } from '../file/sink.ts';
import { joined } from '../format/bytes.ts';

type Bytes = Uint8Array<ArrayBuffer>;

export interface DeliveryOptions extends OutputOptions {
  readonly signal?: AbortSignal | undefined;
}

/**
 * Into a file that appears when the last block was made, or into a stream. After an error, a signal or an abort there
 * is no output file; a stream is aborted. Nothing is made before it is sure that the file can be written.
 */
export async function deliver(
  blocks: AsyncGenerator<Bytes>,
  to: string | Outlet,
  input: InputFile,
  options: DeliveryOptions,
): Promise<void> {
  if (typeof to !== 'string') {
    input.assertIsNot(to);
    await withSink(to, options.signal, async (sink) => {
      for await (const block of blocks) await sink(owned(block));
      input.assertUnchanged();
    });
    return;
  }
  using output = new OutputFile(to, input, options);
  let at = 0;
  for await (const block of blocks) {
    writeAll(output.fd, block, at);
    at += block.length;
    block.fill(0);
  }
  options.signal?.throwIfAborted();
  input.assertUnchanged();
  await output.commit();
}

/** All of it, in memory. */
export async function collected(blocks: AsyncGenerator<Bytes>): Promise<Bytes> {
  const parts: Bytes[] = [];
  for await (const block of blocks) parts.push(block);
  const whole = Uint8Array.from(joined(parts));
  for (const part of parts) part.fill(0);
  return whole;
}

/** A sink takes the whole buffer that it is given. */
const owned = (block: Bytes): Bytes =>
  block.length === block.buffer.byteLength ? block : Uint8Array.from(block);
