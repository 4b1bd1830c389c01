import { existsSync } from 'node:fs';
import { createAccountIn } from '@keyhold/server/accounts/create-account-in.ts';
import { readConfig } from '@keyhold/server/config.ts';
import { dataPaths } from '@keyhold/server/files/data-paths.ts';
import { shown } from './data-dir.ts';
import { UsageError } from './exit-codes.ts';

/** Prints the pair on stdout: it is stored nowhere that it could be read again. */
export async function createAccountCommand(options: { accountId?: string; name?: string }): Promise<void> {
  const { accountId, name = '' } = options;
  if (accountId !== undefined && !/^[1-9]\d{15}$/.test(accountId)) {
    throw new UsageError('--account-id: 16 digits are expected, the first not 0');
  }
  const config = readConfig(process.env);
  if (!existsSync(dataPaths(config.dataDir).database)) {
    throw new UsageError(
      `there is no database in ${shown(config.dataDir)}: start the server once, or set KEYHOLD_DATA_DIR`,
    );
  }
  const account = await createAccountIn(config, { accountId, name });
  process.stdout.write(`${JSON.stringify(account, null, 2)}\n`);
}
