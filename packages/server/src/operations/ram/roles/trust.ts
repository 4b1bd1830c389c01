import type { Kms } from '../../../kms.ts';
import type { Directory } from '../../../ram/directory.ts';
import { readDocument } from '../../../ram/policy-document.ts';
import { requireTrusted } from '../../../ram/trusted.ts';

/** Refuses a trust policy that says nothing, or names whom there is not. `own` is what a change is planned on. */
export async function requireTrust(kms: Kms, own: Directory, document: string): Promise<void> {
  const directoryOf = async (accountId: string) =>
    accountId === own.accountId ? own : kms.ram.get(accountId);
  await requireTrusted({ accounts: kms.store.accounts, directoryOf }, readDocument(document, 'trust'));
}
