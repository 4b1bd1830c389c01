import { randomUUID } from 'node:crypto';
import { chmod, link, open, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { syncDirectory } from './sync-directory.ts';

/**
 * Makes a file that its owner alone can read, whole or not at all, durably. Never replaces one that exists:
 * rejects with EEXIST then, as `fs` does.
 */
export async function writeNewFile(path: string, text: string | Uint8Array): Promise<void> {
  // A name of its own each time: what a crash left behind must not stop the next start.
  const draft = `${path}.${randomUUID()}.new`;
  const file = await open(draft, 'wx', 0o600);
  try {
    await chmod(draft, 0o600); // whatever the umask
    await file.writeFile(text);
    await file.sync();
    await link(draft, path); // unlike rename, fails where the target exists
  } finally {
    await file.close();
    await unlink(draft);
  }
  await syncDirectory(dirname(path));
}
