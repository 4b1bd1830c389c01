import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { openSqliteStore } from '../open-store.ts';
import type { Store } from '../store.ts';

/** A directory that lasts as long as the test file. */
export function testDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'keyhold-store-'));
  after(() => rmSync(directory, { recursive: true }));
  return directory;
}

/** Opens new, empty stores in the directory. Copies of one file: making it waits for the disk many times. */
export function emptyStores(directory: string): () => Promise<{ store: Store; file: string }> {
  const template = join(directory, 'template.db');
  const made = openSqliteStore(template).then((store) => store.close());
  let count = 0;
  return async () => {
    await made;
    const file = join(directory, `${count++}.db`);
    copyFileSync(template, file);
    return { store: await openSqliteStore(file), file };
  };
}
