import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** Name, mode and digest of every file. */
export async function fingerprint(directory: string): Promise<Readonly<Record<string, string>>> {
  const files: Record<string, string> = {};
  for (const name of (await readdir(directory, { recursive: true })).sort()) {
    const path = join(directory, name);
    const { mode } = await stat(path);
    if ((mode & 0o170000) === 0o040000) continue;
    const digest = createHash('sha256')
      .update(await readFile(path))
      .digest('hex');
    files[name] = `${(mode & 0o777).toString(8)} ${digest}`;
  }
  return files;
}
