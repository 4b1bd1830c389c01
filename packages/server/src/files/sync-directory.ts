import { open } from 'node:fs/promises';

/** Makes the names in a directory survive power loss: those made, renamed and removed in it. */
export async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
