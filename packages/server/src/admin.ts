import { newAccessKeyPair } from './access/access-keys.ts';
import { type CreatedAccount, createAccount, newAccountId } from './accounts/create-account.ts';
import type { Config } from './config.ts';
import { openData } from './open-data.ts';

/**
 * Makes another account in a data directory, whether or not a server is running on it; a running server
 * knows it within a second. Throws AccountExists.
 */
export async function createAccountIn(
  config: Config,
  wanted: { readonly accountId: string | undefined; readonly name: string },
): Promise<CreatedAccount> {
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
