import { argon2, randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { refuseReadableByOthers } from '../files/own-file.ts';
import { DoesNotOpen } from '../keys/domain-key.ts';
import { SecretBytes } from '../secret-bytes.ts';
import { StartError } from '../start-error.ts';
import { openUnder, type RootKey, sealUnder } from './root-key.ts';

const argon2id = promisify(argon2);

/** RFC 9106, section 4, second recommended option: 64 MiB, 3 passes, 4 lanes. */
const COST = { memoryKiB: 65_536, passes: 3, parallelism: 4 } as const;
const FORMAT = 1;
const SALT_BYTES = 16;
const MIN_CHARACTERS = 12;
const LABEL = 'keyhold domain key under passphrase v1';

/**
 * The root key derived from a passphrase by argon2id. The wrapping carries its salt; the cost belongs to the
 * format, so that an edited database cannot ask for less (or for all of the memory).
 *
 *   wrapped: format 1 | salt 16 | nonce 12 | ciphertext | tag 16
 */
export async function openPassphraseFile(path: string): Promise<RootKey> {
  const passphrase = await read(path);
  return {
    kind: 'passphrase',
    source: path,
    async wrap(domainKey) {
      const salt = randomBytes(SALT_BYTES);
      using key = await derive(passphrase, salt);
      return Buffer.concat([Uint8Array.of(FORMAT), salt, sealUnder(key.open(), LABEL, domainKey)]);
    },
    async unwrap(wrapped) {
      if (wrapped[0] !== FORMAT || wrapped.length <= 1 + SALT_BYTES) throw new DoesNotOpen();
      using key = await derive(passphrase, wrapped.subarray(1, 1 + SALT_BYTES));
      return openUnder(key.open(), LABEL, wrapped.subarray(1 + SALT_BYTES));
    },
    [Symbol.dispose]: () => passphrase.wipe(),
  };
}

async function derive(passphrase: SecretBytes, nonce: Uint8Array): Promise<SecretBytes> {
  const parameters = {
    message: passphrase.open(),
    nonce,
    parallelism: COST.parallelism,
    tagLength: 32,
    memory: COST.memoryKiB,
    passes: COST.passes,
  };
  return new SecretBytes(await argon2id('argon2id', parameters));
}

async function read(path: string): Promise<SecretBytes> {
  const unreadable = (error: NodeJS.ErrnoException): never => {
    if (error instanceof StartError) throw error;
    throw new StartError(`the passphrase file ${path} cannot be read (${error.code})`);
  };
  await refuseReadableByOthers('passphrase', path).catch(unreadable);
  const bytes = await readFile(path).catch(unreadable);
  let end = bytes.length;
  while (end > 0 && (bytes[end - 1] === 0x0a || bytes[end - 1] === 0x0d)) end--;
  if (characters(bytes.subarray(0, end)) < MIN_CHARACTERS) {
    throw new StartError(`the passphrase in ${path} is shorter than ${MIN_CHARACTERS} characters`);
  }
  return new SecretBytes(bytes.subarray(0, end));
}

/** Of UTF-8, without making a string of it: every byte but the continuation bytes begins one. */
function characters(utf8: Uint8Array): number {
  return utf8.reduce((count, byte) => count + ((byte & 0xc0) === 0x80 ? 0 : 1), 0);
}
