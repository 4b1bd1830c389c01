import { DataKeyCache } from '../../keys/data-key-cache.ts';
import type { ReadOptions } from '../../keys/open-envelope.ts';
import { sharedCopyOfSecret } from '../../keys/secret.ts';
import { decryptFile } from '../decrypt-file.ts';
import { openFile, readHeader } from '../envelope-file.ts';
import { InputFile } from '../input-file.ts';
import type { OutputOptions } from '../output-file.ts';
import { type FileFailure, type ManyOptions, manyFiles, type Steps } from './many-files.ts';
import { type FilePair, wrappedIn } from './small-file.ts';

export interface DecryptFilesOptions extends ReadOptions, Omit<ManyOptions, 'sync'>, OutputOptions {}

/** Data keys that threads know; the others take the long way, which the cache makes short. */
const MAX_KNOWN_KEYS = 100;

/**
 * Decrypts many files, each as `decryptFile` would; KMS is asked once per data key. Directories are not made.
 * Returns the files that failed, and why.
 */
export async function decryptFiles(
  files: readonly FilePair[],
  options: DecryptFilesOptions,
): Promise<FileFailure[]> {
  using own = options.cache ? undefined : new DataKeyCache();
  const { signal, onProgress: _, ...all } = { ...options, cache: options.cache ?? own };
  const dataKeys = new Map<string, Uint8Array>();
  /** Opens one file as usual and remembers its data key for the threads. Failures come back with the file itself. */
  const learn = async (path: string): Promise<void> => {
    using input = new InputFile(path);
    const name = wrappedIn(readHeader(input).bytes);
    if (dataKeys.has(name) || dataKeys.size >= MAX_KNOWN_KEYS) return;
    const { dataKey, keys } = await openFile(input, all);
    keys.wipe();
    const forThreads = sharedCopyOfSecret(dataKey);
    dataKey.fill(0);
    dataKeys.set(name, forThreads);
  };
  const steps: Steps = {
    async order([first]) {
      if (first) await learn(first.from).catch(() => {});
      const { context, overwrite, sync } = options;
      return { direction: 'open', context, dataKeys: new Map(dataKeys), overwrite, sync };
    },
    alone: async ({ from, to }, onProgress) => {
      await learn(from).catch(() => {});
      await decryptFile(from, to, { ...all, signal, onProgress });
    },
  };
  try {
    return await manyFiles(files, steps, options);
  } finally {
    for (const key of dataKeys.values()) key.fill(0);
  }
}
