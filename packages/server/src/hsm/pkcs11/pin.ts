import { readFile, stat } from 'node:fs/promises';
import { refuseReadableByOthers } from '../../files/own-file.ts';
import { SecretBytes } from '../../secret-bytes.ts';

export interface Pin {
  readonly secret: SecretBytes;
  /** Changes when the file does. */
  readonly writtenAt: number;
}

/** The PIN is the file's text without the line end. Throws an error that names the file. */
export async function readPin(path: string): Promise<Pin> {
  try {
    await refuseReadableByOthers('PIN', path);
    const { mtimeMs } = await stat(path);
    const bytes = await readFile(path);
    let end = bytes.length;
    while (end > 0 && (bytes[end - 1] === 0x0a || bytes[end - 1] === 0x0d)) end--;
    return { secret: new SecretBytes(bytes.subarray(0, end)), writtenAt: mtimeMs };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw code === undefined ? error : new Error(`the PIN file ${path} cannot be read (${code})`);
  }
}
