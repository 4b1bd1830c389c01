import { aliasArn } from '@keyhold/api/arn.ts';
import type { Alias } from '../../store/store.ts';

/** Aliases as both list operations answer them. */
export function shownAliases(aliases: readonly Alias[]) {
  const Alias = aliases.map(({ region, accountId, aliasName, keyId }) => ({
    AliasName: aliasName,
    AliasArn: aliasArn(region, accountId, aliasName),
    KeyId: keyId,
  }));
  return { Alias };
}
