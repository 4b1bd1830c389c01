import type { ReadOptions } from '../keys/open-envelope.ts';
import { openFile } from './envelope-file.ts';
import { InputFile } from './input-file.ts';
import { OutputFile, type OutputOptions } from './output-file.ts';
import { neverWaits, type Outlet, withSink } from './sink.ts';
import { type FileOptions, transformFile } from './transform.ts';

export interface DecryptFileOptions extends ReadOptions, FileOptions, OutputOptions {}

/**
 * Decrypts a regular file into a file that appears when its last chunk was verified, or into a stream, which gets
 * verified chunks only and is aborted at the first that is not. After an error, a signal or an abort there is no
 * output file.
 */
export async function decryptFile(
  from: string,
  to: string | Outlet,
  options: DecryptFileOptions,
): Promise<void> {
  using input = new InputFile(from);
  input.assertIsNot(to);
  using output = typeof to === 'string' ? new OutputFile(to, input, options) : undefined;
  const { layout, keys, dataKey } = await openFile(input, options);
  dataKey.fill(0);
  using _ = keys;
  const work = { direction: 'open', layout, inputPath: from, input: input.fd } as const;
  if (output) {
    await transformFile({ ...work, output: output.fd }, keys.payload(), options);
    await output.commit();
  } else if (typeof to !== 'string') {
    const outlet = neverWaits(to);
    await withSink(to, options.signal, (sink) =>
      transformFile({ ...work, outlet }, keys.payload(), options, sink),
    );
  }
}
