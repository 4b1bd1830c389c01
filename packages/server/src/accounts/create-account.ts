import { randomInt } from 'node:crypto';
import { sealAccessKey } from '../access/access-keys.ts';
import type { DomainKey } from '../keys/domain-key.ts';
import { SecretBytes } from '../secret-bytes.ts';
import type { Accounts } from '../store/store.ts';

export interface NewAccount {
  readonly accountId: string;
  readonly name: string;
  readonly rootAccessKey: { readonly id: string; readonly secret: string };
}

/** What is shown once; the secret cannot be read again. */
export interface CreatedAccount {
  readonly AccountId: string;
  readonly AccessKeyId: string;
  readonly AccessKeySecret: string;
}

export class AccountExists extends Error {
  override readonly name = 'AccountExists';
}

/** An account with the access key of its root; both or neither. Throws AccountExists. */
export async function createAccount(
  ports: { readonly accounts: Accounts; readonly domainKey: DomainKey; readonly now: number },
  wanted: NewAccount,
): Promise<CreatedAccount> {
  const { accountId, rootAccessKey: pair } = wanted;
  using secret = new SecretBytes(Buffer.from(pair.secret, 'utf8'));
  const fields = {
    accessKeyId: pair.id,
    accountId,
    owner: 'root',
    status: 'Active',
    createdAt: ports.now,
  } as const;
  const account = { accountId, name: wanted.name, createdAt: ports.now };
  const outcome = await ports.accounts.create(account, sealAccessKey(ports.domainKey, fields, secret));
  if (outcome === 'exists') {
    throw new AccountExists(`the account ${accountId} or the access key ${pair.id} exists already`);
  }
  return { AccountId: accountId, AccessKeyId: pair.id, AccessKeySecret: pair.secret };
}

/** 16 decimal digits that do not begin with 0. */
export function newAccountId(): string {
  return String(randomInt(1, 10)) + Array.from({ length: 15 }, () => randomInt(10)).join('');
}
