import { readFile } from 'node:fs/promises';
import { newAccessKeyPair } from '../access/access-keys.ts';
import type { Config } from '../config.ts';
import { writeNewFile } from '../files/new-file.ts';
import type { DomainKey } from '../keys/domain-key.ts';
import { StartError } from '../start-error.ts';
import type { Store } from '../store/store.ts';
import { type CreatedAccount, createAccount, newAccountId } from './create-account.ts';

/**
 * The account of the first start. Its generated pair is written to `pairFile`, mode 0600, before the account
 * is stored: a crash in between leaves a file whose pair the next start takes up. Returns what was made now,
 * or undefined at later starts.
 */
export async function ensureFirstAccount(
  ports: { readonly store: Store; readonly domainKey: DomainKey; readonly now: number },
  config: Pick<Config, 'accountId' | 'rootAccessKey'>,
  pairFile: string,
): Promise<CreatedAccount | undefined> {
  const known = (await ports.store.accounts.list()).map(({ accountId }) => accountId);
  if (known.length === 0) {
    const { AccountId, AccessKeyId, AccessKeySecret } = await firstPair(config, pairFile);
    return createAccount(
      { accounts: ports.store.accounts, domainKey: ports.domainKey, now: ports.now },
      { accountId: AccountId, name: 'first', rootAccessKey: { id: AccessKeyId, secret: AccessKeySecret } },
    );
  }
  if (config.accountId !== undefined && !known.includes(config.accountId)) {
    throw new StartError(
      `KEYHOLD_ACCOUNT_ID is ${config.accountId}, but this data directory holds ${known.join(', ')}: ` +
        'unset it, or run keyhold account create',
    );
  }
  return undefined;
}

async function firstPair(
  config: Pick<Config, 'accountId' | 'rootAccessKey'>,
  pairFile: string,
): Promise<CreatedAccount> {
  const pair = config.rootAccessKey ?? newAccessKeyPair();
  const accountId = config.accountId ?? newAccountId();
  const made = { AccountId: accountId, AccessKeyId: pair.id, AccessKeySecret: pair.secret };
  return config.rootAccessKey ? made : keep(pairFile, made);
}

/** Writes the pair, or returns the one that a start cut short has written before. */
async function keep(path: string, made: CreatedAccount): Promise<CreatedAccount> {
  try {
    await writeNewFile(path, `${JSON.stringify(made, null, 2)}\n`);
    return made;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return read(path);
  }
}

async function read(path: string): Promise<CreatedAccount> {
  const text = await readFile(path, 'utf8');
  try {
    const { AccountId, AccessKeyId, AccessKeySecret } = JSON.parse(text);
    if ([AccountId, AccessKeyId, AccessKeySecret].every((part) => typeof part === 'string')) {
      return { AccountId, AccessKeyId, AccessKeySecret };
    }
  } catch {
    // not JSON: the same answer
  }
  throw new StartError(`${path} is there but holds no access key pair; move it away to get a new one`);
}
