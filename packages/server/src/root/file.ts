import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { writeNewFile } from '../files/new-file.ts';
import { refuseReadableByOthers } from '../files/own-file.ts';
import { SecretBytes, secretRoom } from '../secret-bytes.ts';
import { StartError } from '../start-error.ts';
import { readBase64Into, writeBase64 } from './base64-bytes.ts';
import { openUnder, type RootKey, sealUnder } from './root-key.ts';

const PREFIX = Buffer.from('keyhold-root-key-1:', 'latin1');
const KEY_BYTES = 32;
const DIGITS = 43;
const PADDING = '='.charCodeAt(0);
const LINE_FEED = '\n'.charCodeAt(0);
const WHITE_SPACE = Buffer.from(' \t\r\n');
const LINE_BYTES = PREFIX.length + DIGITS + 1;
const LABEL = 'keyhold domain key under root key file v1';

/** The root key in a file of its own, mode 0600: one line, `keyhold-root-key-1:` and Base64 of 32 bytes. */
export async function openRootKeyFile(path: string): Promise<RootKey> {
  const secret = await read(path);
  return {
    kind: 'file',
    source: path,
    wrap: async (domainKey) => sealUnder(secret.open(), LABEL, domainKey),
    unwrap: async (wrapped) => openUnder(secret.open(), LABEL, wrapped),
    [Symbol.dispose]: () => secret.wipe(),
  };
}

/** Makes the file, durably, and never replaces one that exists. */
export async function createRootKeyFile(path: string): Promise<void> {
  const bytes = randomBytes(KEY_BYTES);
  const line = secretRoom(LINE_BYTES + 1);
  line.set(PREFIX);
  writeBase64(bytes, line.subarray(PREFIX.length));
  line.set([PADDING, LINE_FEED], LINE_BYTES - 1);
  try {
    await writeNewFile(path, line);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new StartError(
      `the root key file ${path} cannot be made (${code}); nothing was replaced: see KEYHOLD_ROOT_KEY_FILE`,
    );
  } finally {
    bytes.fill(0);
    line.fill(0);
  }
}

async function read(path: string): Promise<SecretBytes> {
  const unreadable = (error: NodeJS.ErrnoException): never => {
    if (error instanceof StartError) throw error;
    throw new StartError(
      `the root key file ${path} cannot be read (${error.code}): put it back, or restore it from your copy`,
    );
  };
  await refuseReadableByOthers('root key', path).catch(unreadable);
  const text = await readFile(path).catch(unreadable);
  const key = secretRoom(KEY_BYTES);
  const isKey = readLine(text, key);
  text.fill(0);
  if (isKey) return new SecretBytes(key);
  key.fill(0);
  throw new StartError(
    `${path} is not a root key file: one line, ${PREFIX} and ${DIGITS + 1} characters, is expected`,
  );
}

/** Never as a string, which would stay in memory. */
function readLine(text: Buffer, key: Uint8Array): boolean {
  return (
    text.subarray(0, PREFIX.length).equals(PREFIX) &&
    text[LINE_BYTES - 1] === PADDING &&
    text.subarray(LINE_BYTES).every((byte) => WHITE_SPACE.includes(byte)) &&
    readBase64Into(key, text.subarray(PREFIX.length, LINE_BYTES - 1))
  );
}
