import { createHash } from 'node:crypto';
import { cp, mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A directory of its own, removed at the end of its block; with a copy of `from` in it where that is given. */
export async function temporaryDirectory(
  from?: string,
): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(tmpdir(), 'keyhold-fault-'));
  if (from !== undefined) await cp(from, path, { recursive: true });
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

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
