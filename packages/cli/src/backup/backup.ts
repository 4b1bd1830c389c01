import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { makeBackup } from '@keyhold/server/backup/make-backup.ts';
import { dataPaths } from '@keyhold/server/files/data-paths.ts';
import { counted } from '../counted.ts';
import { dataDir, shown } from '../data-dir.ts';
import { UsageError } from '../exit-codes.ts';

/** `keyhold backup`: the data directory in one file, without the root key. */
export async function backupCommand({ out }: { readonly out: string }): Promise<void> {
  if (!existsSync(dataPaths(dataDir()).database)) {
    throw new UsageError(`there is no database in ${shown(dataDir())}; set KEYHOLD_DATA_DIR`);
  }
  const path = resolve(out);
  const { bytes, segments } = await makeBackup(dataDir(), path);
  process.stdout.write(
    `${shown(path)}: database and ${counted(segments, 'file')} of the trail, ${(bytes / 1e6).toFixed(1)} MB.\n` +
      'Neither the root key nor root-access-key.json is in it: keep copies of them elsewhere. Try it with the root key: ' +
      'keyhold restore --verify --from ...\n',
  );
}
