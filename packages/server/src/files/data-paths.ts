import { join } from 'node:path';

/** How a directory within begins in which a backup is unpacked. */
export const RESTORING = 'keyhold-restoring-';

/** The files of a data directory. */
export const dataPaths = (dataDir: string) => ({
  database: join(dataDir, 'keyhold.db'),
  trail: join(dataDir, 'trail'),
  lookup: join(dataDir, 'lookup'),
  trailPublicKey: join(dataDir, 'trail-public-key.pem'),
  rootAccessKey: join(dataDir, 'root-access-key.json'),
});
