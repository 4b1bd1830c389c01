import { join } from 'node:path';

/** The files of a data directory. */
export const dataPaths = (dataDir: string) => ({
  database: join(dataDir, 'keyhold.db'),
  trail: join(dataDir, 'trail'),
  rootAccessKey: join(dataDir, 'root-access-key.json'),
});
