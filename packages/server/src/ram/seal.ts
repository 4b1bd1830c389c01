import { requireSealed } from '../access/access-keys.ts';
import type { DomainKey } from '../keys/domain-key.ts';
import type { RamChange, RamRow, RamRows } from '../store/store.ts';

/** What the MAC of the head covers: a digest of each row and of each access key, by name. */
export type Digests = ReadonlyMap<string, Uint8Array>;

export const nameOfRow = ({ kind, id }: Pick<RamRow, 'kind' | 'id'>): string => `${kind} ${id}`;
const nameOfAccessKey = (accessKeyId: string): string => `access-key ${accessKeyId}`;

/**
 * Makes sure that RAM of an account is as this server stored it: no row edited, added, removed, or put back as
 * it once was. What it cannot tell is all of the account put back at once, which is what restoring a backup does.
 */
export class Seal {
  readonly #domainKey: DomainKey;

  constructor(domainKey: DomainKey) {
    this.#domainKey = domainKey;
  }

  /**
   * The digests of what was loaded; `known` gives those that need not be made again. Throws an error that
   * names the account where something is not as it was stored.
   */
  open(loaded: RamRows, known: (row: RamRow) => Uint8Array | undefined): Digests {
    const { accountId, revision, mac, rows, accessKeys } = loaded;
    const digests = new Map<string, Uint8Array>();
    for (const row of rows) digests.set(nameOfRow(row), known(row) ?? this.#digest(accountId, row));
    for (const accessKey of accessKeys) {
      requireSealed(this.#domainKey, accessKey);
      digests.set(nameOfAccessKey(accessKey.accessKeyId), accessKey.mac);
    }
    const isWhole = digests.size === rows.length + accessKeys.length;
    const fits =
      mac === null ? isUntouched(loaded) : this.#domainKey.isMac(fields(accountId, revision, digests), mac);
    if (!isWhole || !fits) {
      throw new Error(`RAM of account ${accountId} was edited in the database; restore it from a backup`);
    }
    return digests;
  }

  /** The MAC of the head after a change. */
  mac(accountId: string, revision: number, before: Digests, change: RamChange): Uint8Array {
    const digests = new Map(before);
    for (const place of change.remove) digests.delete(nameOfRow(place));
    for (const row of change.put) digests.set(nameOfRow(row), this.#digest(accountId, row));
    for (const accessKeyId of change.removeAccessKeys) digests.delete(nameOfAccessKey(accessKeyId));
    for (const { accessKeyId, mac } of change.putAccessKeys) digests.set(nameOfAccessKey(accessKeyId), mac);
    return this.#domainKey.mac(fields(accountId, revision, digests));
  }

  #digest(accountId: string, { kind, id, value }: RamRow): Uint8Array {
    return this.#domainKey.mac(['ram row', accountId, kind, id, value]);
  }
}

/** Trusted on first use: an account that was only made yet, or one from before there was RAM. */
function isUntouched({ revision, rows, accessKeys }: RamRows): boolean {
  return revision === 0 && rows.length === 0 && accessKeys.every(({ owner }) => owner === 'root');
}

function fields(accountId: string, revision: number, digests: Digests): readonly (string | Uint8Array)[] {
  const all = [...digests.keys()].sort().flatMap((name) => digests.get(name) ?? []);
  return ['ram head', accountId, String(revision), Buffer.concat(all)];
}
