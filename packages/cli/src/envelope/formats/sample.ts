import { EnvelopeError, type RecipientFailure } from '@keyhold/client/envelope/envelope-error.ts';
import { type DataKeys, parseCmk } from '@keyhold/client/envelope/keys/data-keys.ts';
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
    // The file does not name its key: every server that has an allowed one is asked.
    const servers = (allow === 'any' ? [] : allow).map(
      (arn) => [connections.connect(parseCmk(arn)), arn] as const,
    );
    const options = { kms: firstOf(new Map(servers)) ?? connections.default, allow, signal };
    return {
      decryptFile: (from, to) => decryptSampleFile(from, to, { ...options, overwrite }),
      decryptStream: () => decryptSampleStream(options),
    };
  },

  inspect: (path) => ({ format: 'four-line sample file', ...inspectSampleFile(path) }),
};

type Server = Pick<DataKeys, 'Decrypt'>;

/** The keys are what messages call the servers by. Throws NoUsableRecipient where there are several and none decrypts. */
function firstOf(servers: ReadonlyMap<Server, string>): Server | undefined {
  if (servers.size < 2) return [...servers.keys()][0];
  return {
    async Decrypt(parameters, options) {
      const failures: RecipientFailure[] = [];
      for (const [server, recipient] of servers) {
        try {
          return await server.Decrypt(parameters, options);
        } catch (error) {
          options?.signal?.throwIfAborted();
          const reason = error instanceof Error ? error.message : String(error);
          failures.push({ recipient, reason, cause: error });
        }
      }
      throw new EnvelopeError('NoUsableRecipient', 'no server gave the data key', { failures });
    },
  };
}
