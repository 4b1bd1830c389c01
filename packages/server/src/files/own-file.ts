import { stat } from 'node:fs/promises';
import { StartError } from '../start-error.ts';

/** A secret that others can read is none. Throws StartError, or the error of the file system. */
export async function refuseReadableByOthers(what: string, path: string): Promise<void> {
  const { mode } = await stat(path);
  if ((mode & 0o077) === 0) return;
  throw new StartError(`the ${what} file ${path} can be read by others; run: chmod 600 ${path}`);
}
