import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { writeNewFile } from '../files/new-file.ts';
import { refuseReadableByOthers } from '../files/own-file.ts';
import { SecretBytes } from '../secret-bytes.ts';
import { StartError } from '../start-error.ts';
import { openUnder, type RootKey, sealUnder } from './root-key.ts';

const PREFIX = 'keyhold-root-key-1:';
const KEY_BYTES = 32;
const FORM = /^keyhold-root-key-1:([A-Za-z0-9+/]{43}=)\s*$/;
const LABEL = 'keyhold domain key under root key file v1';

/** The root key in a file of its own, mode 0600: one line, `keyhold-root-key-1:` and Base64 of 32 bytes. */
export async function openRootKeyFile(path: string): Promise<RootKey> {
  const secret = await read(path);
  return {
    kind: 'file',
    source: path,
    wrap: async (domainKey) => sealUnder(secret.open(), LABEL, domainKey),
    unwrap: async (wrapped) => openUnder(secret.open(), LABEL, wrapped),
  };
}

/** Makes the file, durably, and never replaces one that exists. */
export async function createRootKeyFile(path: string): Promise<void> {
  const bytes = randomBytes(KEY_BYTES);
  try {
    await writeNewFile(path, `${PREFIX}${bytes.toString('base64')}\n`);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new StartError(
      `the root key file ${path} cannot be made (${code}); nothing was replaced: see KEYHOLD_ROOT_KEY_FILE`,
    );
  } finally {
    bytes.fill(0);
  }
}

async function read(path: string): Promise<SecretBytes> {
  const unreadable = (error: NodeJS.ErrnoException): never => {
    if (error instanceof StartError) throw error;
    throw new StartError(
      `the root key file ${path} cannot be read (${error.code}); without it nothing in the data directory ` +
        'opens: put the file back, or restore it from your backup',
    );
  };
  await refuseReadableByOthers('root key', path).catch(unreadable);
  const text = await readFile(path).catch(unreadable);
  const [, base64] = FORM.exec(text.toString('latin1')) ?? [];
  text.fill(0);
  if (base64 === undefined) {
    throw new StartError(
      `${path} is not a root key file: one line, ${PREFIX} and 44 characters, is expected`,
    );
  }
  return new SecretBytes(Buffer.from(base64, 'base64'));
}
