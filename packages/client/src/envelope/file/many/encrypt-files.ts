import { DataKeyCache } from '../../keys/data-key-cache.ts';
import { sharedCopyOfSecret } from '../../keys/secret.ts';
import { dataKeyFor, planEnvelope, type WriteOptions } from '../../keys/write-envelope.ts';
import { encryptFile } from '../encrypt-file.ts';
import type { OutputOptions } from '../output-file.ts';
import { type FileFailure, type ManyOptions, manyFiles, type Steps } from './many-files.ts';
import { SMALL_BYTES } from './room.ts';
import type { FilePair } from './small-file.ts';

export interface EncryptFilesOptions extends WriteOptions, Omit<ManyOptions, 'sync'>, OutputOptions {}

/**
 * Encrypts many files, each as `encryptFile` would, under a data key that they share within the cache's limits (its
 * default limits where no cache is given). Directories are not made. Returns the files that failed, and why.
 */
export async function encryptFiles(
  files: readonly FilePair[],
  options: EncryptFilesOptions,
): Promise<FileFailure[]> {
  using own = options.cache ? undefined : new DataKeyCache();
  const cache = options.cache ?? own;
  const { signal, onProgress: _, ...all } = { ...options, cache };
  const plan = planEnvelope(all);
  const { storeContext, contextBytes, chunkLog2 } = plan;
  const shared: Uint8Array[] = [];
  const steps: Steps = {
    ...(cache && { maxSlice: Math.max(1, cache.limits.maxMessages) }),
    async order(slice) {
      // What they can have at most counts: asking the system for each size would cost more than is gained.
      const { dataKey, recipients } = await dataKeyFor(plan, slice.length * SMALL_BYTES, slice.length);
      const forThread = sharedCopyOfSecret(dataKey);
      dataKey.fill(0);
      shared.push(forThread);
      return {
        direction: 'seal',
        shape: { storeContext, contextBytes, chunkLog2 },
        dataKey: forThread,
        recipients: recipients.map(({ encoded }) => ({ encoded })),
        overwrite: options.overwrite,
        sync: options.sync,
      };
    },
    alone: ({ from, to }, onProgress) => encryptFile(from, to, { ...all, signal, onProgress }),
  };
  try {
    return await manyFiles(files, steps, options);
  } finally {
    for (const key of shared) key.fill(0);
  }
}
