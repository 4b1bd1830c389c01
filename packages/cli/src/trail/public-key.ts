import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dataPaths } from '@keyhold/server/files/data-paths.ts';
import { TrailPublicKey } from '@keyhold/server/trail/checkpoints/public-key.ts';
import { dataDir, shown } from '../data-dir.ts';
import { UsageError } from '../exit-codes.ts';

/** Prints the key that `keyhold trail verify --public-key` takes; its fingerprint goes to the person. */
export async function publicKeyCommand(): Promise<void> {
  const { trailPublicKey } = dataPaths(dataDir());
  if (!existsSync(trailPublicKey)) {
    throw new UsageError(
      `${shown(trailPublicKey)} is missing: start the server once, or set KEYHOLD_DATA_DIR`,
    );
  }
  const key = new TrailPublicKey(await readFile(trailPublicKey, 'utf8'));
  process.stdout.write(key.pem);
  process.stderr.write(`fingerprint ${key.fingerprint}\n`);
}
