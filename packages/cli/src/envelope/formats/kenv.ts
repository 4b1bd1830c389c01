import { decryptFile } from '@keyhold/client/envelope/file/decrypt-file.ts';
import { decryptRange } from '@keyhold/client/envelope/file/decrypt-range.ts';
import { encryptFile } from '@keyhold/client/envelope/file/encrypt-file.ts';
import { inspectFile } from '@keyhold/client/envelope/file/inspect-file.ts';
import { decryptFiles } from '@keyhold/client/envelope/file/many/decrypt-files.ts';
import { encryptFiles } from '@keyhold/client/envelope/file/many/encrypt-files.ts';
import { decryptStream, encryptStream } from '@keyhold/client/envelope/streams.ts';
import type { Format } from './format.ts';

/** Keyhold's own: streams, ranges, several CMKs, a recovery key, other recipients later. */
export const KENV: Format = {
  suffix: '.kenv',

  async writer({ connections, keys, context, storeContext, recoveryKeys, overwrite, signal, onProgress }) {
    const { connect } = connections;
    const cmks = await connections.arnsOf(keys);
    const options = { connect, cmks, recoveryKeys, context, storeContext, signal };
    return {
      encryptFile: (from, to) => encryptFile(from, to, { ...options, overwrite, onProgress }),
      encryptStream: () => encryptStream(options),
      encryptFiles: (pairs, onProgress) => encryptFiles(pairs, { ...options, overwrite, onProgress }),
    };
  },

  reader({ connections, allow, context, recoveryKey, overwrite, signal, onProgress, onRecipientFailure }) {
    const { connect, region } = connections;
    const options = { connect, region, allow, context, recoveryKey, signal, onRecipientFailure };
    return {
      decryptFile: (from, to) => decryptFile(from, to, { ...options, overwrite, onProgress }),
      decryptStream: () => decryptStream(options),
      decryptFiles: (pairs, onProgress) => decryptFiles(pairs, { ...options, overwrite, onProgress }),
      decryptRange: (from, start, length) => decryptRange(from, { start, length }, options),
    };
  },

  inspect(path) {
    const { version, ...rest } = inspectFile(path);
    return { format: `kenv version ${version}`, ...rest };
  },
};
