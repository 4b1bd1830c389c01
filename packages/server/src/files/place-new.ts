import { link, lstat, rename } from 'node:fs/promises';

/**
 * Gives a file another name, which must be free: rejects with EEXIST where it is not. On a file system with hard links
 * it keeps the first as well.
 */
export async function placeNew(from: string, to: string): Promise<void> {
  try {
    await link(from, to); // unlike rename, fails where the target exists
  } catch (error) {
    if (codeOf(error) === 'EEXIST') throw error;
    // File systems without hard links: look, then rename.
    const isFree = await lstat(to).then(
      () => false,
      (missing) => codeOf(missing) === 'ENOENT',
    );
    if (!isFree) throw Object.assign(new Error(`${to} exists`, { cause: error }), { code: 'EEXIST' });
    await rename(from, to);
  }
}

const codeOf = (error: unknown) => (error as NodeJS.ErrnoException).code;
