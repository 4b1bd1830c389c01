import { decryptSdkFile, encryptSdkFile } from '@keyhold/client/envelope/sdk/file.ts';
import { inspectSdkFile } from '@keyhold/client/envelope/sdk/inspect.ts';
import { decryptSdkStream, encryptSdkStream } from '@keyhold/client/envelope/sdk/streams.ts';
import { UsageError } from '../../exit-codes.ts';
import type { Format } from './format.ts';

/** Messages of the vendor's Encryption SDK: files in the DER form, which all of them read; stdin in that of streams. */
export const SDK: Format = {
  suffix: '.sdk',

  async writer({ connections, keys, context, storeContext, recoveryKeys, overwrite, signal }) {
    if (recoveryKeys.length > 0) throw new UsageError('--format sdk: such a message has no recovery key');
    if (!storeContext) throw new UsageError('--format sdk: such a message stores its context');
    const options = { connect: connections.connect, cmks: await connections.arnsOf(keys), context, signal };
    return {
      encryptFile: (from, to) => encryptSdkFile(from, to, { ...options, overwrite }),
      encryptStream: () => encryptSdkStream(options),
    };
  },

  reader({ connections, overwrite, ...reading }) {
    const { connect, region } = connections;
    const { allow, context, signal, onRecipientFailure, storedHeader, allowUnauthenticated } = reading;
    const options = {
      ...{ connect, region, allow, context, signal, onRecipientFailure },
      ...{ storedHeader, allowUnauthenticated },
    };
    return {
      decryptFile: (from, to) => decryptSdkFile(from, to, { ...options, overwrite }),
      decryptStream: () => decryptSdkStream(options),
    };
  },

  inspect(path) {
    const { form, header, ...rest } = inspectSdkFile(path);
    return { format: `Encryption SDK message (${form})`, ...rest, ...header };
  },
};
