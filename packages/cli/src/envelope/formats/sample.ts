import { decryptSampleFile, encryptSampleFile } from '@keyhold/client/envelope/sample/file.ts';
import { inspectSampleFile } from '@keyhold/client/envelope/sample/inspect.ts';
import { decryptSampleStream, encryptSampleStream } from '@keyhold/client/envelope/sample/streams.ts';
import { UsageError } from '../../exit-codes.ts';
import type { Format } from './format.ts';

/** The four lines of the vendor's sample programs: one key, no context, up to 1 GiB. */
export const SAMPLE: Format = {
  suffix: '.sample',

  async writer({ connections, keys, context, recoveryKeys, overwrite, signal }) {
    const [key, ...further] = keys;
    if (key === undefined || further.length > 0 || recoveryKeys.length > 0) {
      throw new UsageError('--format sample: such a file has one key, and no recovery key');
    }
    if (context !== undefined) throw new UsageError('--format sample: such a file has no --context');
    const options = { kms: connections.connectTo(key), keyId: await connections.arnOf(key), signal };
    return {
      encryptFile: (from, to) => encryptSampleFile(from, to, { ...options, overwrite }),
      encryptStream: () => encryptSampleStream(options),
    };
  },

  reader({ connections, allow, overwrite, signal }) {
    // The file does not name its key: the first key that is allowed tells whom to ask.
    const [first] = allow === 'any' ? [] : allow;
    const kms = first === undefined ? connections.default : connections.connectTo(first);
    const options = { kms, allow, signal };
    return {
      decryptFile: (from, to) => decryptSampleFile(from, to, { ...options, overwrite }),
      decryptStream: () => decryptSampleStream(options),
    };
  },

  inspect: (path) => ({ format: 'four-line sample file', ...inspectSampleFile(path) }),
};
