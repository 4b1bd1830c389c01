import { randomUUID } from 'node:crypto';
import { chmod, open, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { placeNew } from './place-new.ts';
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
    await placeNew(draft, path);
  } finally {
    await file.close();
    await rm(draft, { force: true });
  }
  await syncDirectory(dirname(path));
}
