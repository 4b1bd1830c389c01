import { newAccessKeyPair } from '../access/access-keys.ts';
import type { Config } from '../config.ts';
import { dataPaths } from '../files/data-paths.ts';
import { exists } from '../files/exists.ts';
import { openData } from '../open-data.ts';
import { StartError } from '../start-error.ts';
import { type CreatedAccount, createAccount, newAccountId } from './create-account.ts';

/**
 * Makes another account in a data directory, whether or not a server is running on it; a running server
 * knows it within a second. Throws AccountExists, or StartError where there is no data directory.
 */
export async function createAccountIn(
  config: Config,
  wanted: { readonly accountId: string | undefined; readonly name: string },
): Promise<CreatedAccount> {
  if (!(await exists(dataPaths(config.dataDir).database))) {
    throw new StartError(
      `${config.dataDir} holds no database: set KEYHOLD_DATA_DIR to the server's, or start the server once`,
    );
  }
  const { store, domainKey } = await openData(config);
  try {
    return await createAccount(
      { accounts: store.accounts, domainKey, now: Date.now() },
      { accountId: wanted.accountId ?? newAccountId(), name: wanted.name, rootAccessKey: newAccessKeyPair() },
    );
  } finally {
    await store.close();
  }
}
