import { ApiError } from '@keyhold/api/errors.ts';
import type { Policy } from '../access/policy/policy.ts';
import type { PrincipalForm } from '../access/policy/principals.ts';
import type { Accounts } from '../store/store.ts';
import type { Directory } from './directory.ts';

interface Known {
  readonly accounts: Pick<Accounts, 'find'>;
  directoryOf(accountId: string): Promise<Directory>;
}

/** Whom a trust policy names must be there: accounts, users, roles, OIDC providers (RAM 3.5). */
export async function requireTrusted(known: Known, trust: Policy): Promise<void> {
  for (const principal of trust.statements.flatMap(({ principals }) => principals ?? [])) {
    const missing = await missingIn(known, principal);
    if (missing === undefined) continue;
    throw new ApiError('MalformedPolicyDocument', { reason: `it trusts ${missing}, which does not exist` });
  }
}

/** What is named and not there. */
async function missingIn(known: Known, principal: PrincipalForm): Promise<string | undefined> {
  switch (principal.form) {
    case 'account':
    case 'everyone': {
      const { accountId } = principal;
      return (await known.accounts.find(accountId)) ? undefined : `the account ${accountId}`;
    }
    case 'user':
    case 'role': {
      const { form, accountId, name } = principal;
      const directory = await known.directoryOf(accountId);
      return directory[form](name) ? undefined : `the ${form} ${name} of account ${accountId}`;
    }
    case 'oidc-provider': {
      const { accountId, name } = principal;
      const directory = await known.directoryOf(accountId);
      return directory.oidcProvider(name) ? undefined : `the OIDC provider ${name} of account ${accountId}`;
    }
    case 'service':
    case 'saml-provider':
      return undefined;
  }
}
