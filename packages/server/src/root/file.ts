import { randomBytes, randomUUID } from 'node:crypto';
import { chmod, link, open, readFile, stat, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
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
  // A name of its own each time: what a crash left behind must not stop the next start.
  const temporary = `${path}.${randomUUID()}.new`;
  const bytes = randomBytes(KEY_BYTES);
  const file = await open(temporary, 'wx', 0o600).catch((error: NodeJS.ErrnoException) => {
    throw new StartError(
      `the root key file ${path} cannot be made (${error.code}): set KEYHOLD_ROOT_KEY_FILE`,
    );
  });
  try {
    await chmod(temporary, 0o600);
    await file.writeFile(`${PREFIX}${bytes.toString('base64')}\n`);
    await file.sync();
  } finally {
    bytes.fill(0);
    await file.close();
  }
  try {
    await link(temporary, path); // unlike rename, fails where the target exists
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new StartError(`the root key file ${path} cannot be made (${code}); nothing was replaced`);
  } finally {
    await unlink(temporary);
  }
  await syncDirectory(dirname(path));
}

export async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return false;
      throw error;
    },
  );
}

async function read(path: string): Promise<SecretBytes> {
  const unreadable = (error: NodeJS.ErrnoException): never => {
    throw new StartError(
      `the root key file ${path} cannot be read (${error.code}); without it nothing in the data directory ` +
        'opens: put the file back, or restore it from your backup',
    );
  };
  const { mode } = await stat(path).catch(unreadable);
  if ((mode & 0o077) !== 0) {
    throw new StartError(`the root key file ${path} can be read by others; run: chmod 600 ${path}`);
  }
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

/** Makes the names in a directory survive power loss, as `sync` does for what a file holds. */
export async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
