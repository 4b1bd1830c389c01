import { layoutOfPlaintext } from '../format/chunks.ts';
import { newEnvelope, planEnvelope, type WriteOptions } from '../keys/write-envelope.ts';
import { InputFile } from './input-file.ts';
import { OutputFile, type OutputOptions } from './output-file.ts';
import { writeAll } from './run.ts';
import { neverWaits, type Outlet, withSink } from './sink.ts';
import { type FileOptions, transformFile } from './transform.ts';

export interface EncryptFileOptions extends WriteOptions, FileOptions, OutputOptions {}

/**
 * Encrypts a regular file into a file that is complete when it appears, or into a stream. After an error, a
 * signal or an abort there is no output file; a stream is aborted. Throws FileChanged where the input did not
 * rest, and what `planEnvelope`, the output file and KMS throw.
 */
export async function encryptFile(
  from: string,
  to: string | Outlet,
  options: EncryptFileOptions,
): Promise<void> {
  const plan = planEnvelope(options);
  using input = new InputFile(from);
  input.assertIsNot(to);
  // Before KMS is asked: a name that cannot be used costs nothing.
  using output = typeof to === 'string' ? new OutputFile(to, input, options) : undefined;
  const { header, chunkBytes, keys } = await newEnvelope(plan, input.bytes);
  using _ = keys;
  const layout = layoutOfPlaintext(header.length, chunkBytes, input.bytes);
  const work = { direction: 'seal', layout, inputPath: from, input: input.fd } as const;
  if (output) {
    writeAll(output.fd, header, 0);
    await transformFile({ ...work, output: output.fd }, keys.payload(), options);
    input.assertUnchanged();
    await output.commit();
  } else if (typeof to !== 'string') {
    await withSink(to, options.signal, async (sink) => {
      await sink(Uint8Array.from(header));
      await transformFile({ ...work, outlet: neverWaits(to) }, keys.payload(), options, sink);
      input.assertUnchanged();
    });
  }
}
