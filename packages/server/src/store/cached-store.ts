import { LRUCache } from 'lru-cache';
import type { Key, KeyVersion } from '../keys/key.ts';
import type { AccessKey, Alias, RamRows, Store, Tag } from './store.ts';

/** How many of each are kept. */
export interface CacheLimits {
  readonly keys: number;
  readonly versions: number;
  readonly aliases: number;
  readonly accessKeys: number;
  /** Milliseconds that only go forward. */
  readonly clock: () => number;
}

/** Accounts whose RAM is kept. */
const RAM_ACCOUNTS = 1000;

/** How long a change made by another process may go unnoticed, in ms. A second is allowed. */
const ASK_EVERY = 250;

/**
 * The store with its hot look-ups answered from memory. What this process writes is forgotten when the write
 * ends, however it ends; what others write, within 250 ms.
 */
export function cached(store: Store, limits: CacheLimits): Store {
  const keys = new Found<Key | undefined>(limits.keys);
  const aliases = new Found<Alias | undefined>(limits.aliases);
  const accessKeys = new Found<AccessKey | undefined>(limits.accessKeys);
  const versions = new Found<KeyVersion | undefined>(limits.versions);
  // Without an access key there is no account, as far as is known.
  const ram = new Found<RamRows>(RAM_ACCOUNTS, ({ accessKeys }) => accessKeys.length > 0);
  const tags = new Found<readonly Tag[]>(limits.keys);
  const all = [keys, aliases, accessKeys, versions, ram, tags];

  let askedAt = Number.NEGATIVE_INFINITY;
  let untold = false;

  function forgetAll(): void {
    for (const found of all) found.clear();
  }

  function ask(): void {
    if (!store.changedElsewhere()) return;
    untold = true;
    forgetAll();
  }

  function refresh(): void {
    const now = limits.clock();
    if (now - askedAt < ASK_EVERY) return;
    askedAt = now;
    ask();
  }

  return {
    keys: {
      ...store.keys,
      find(keyId) {
        refresh();
        return keys.get(keyId) ?? keys.keep(keyId, store.keys.find(keyId));
      },
      findVersion(keyId, keyVersionId) {
        refresh();
        const name = nameOfVersion(keyId, keyVersionId);
        return versions.get(name) ?? versions.keep(name, store.keys.findVersion(keyId, keyVersionId));
      },
      create: (key, ...rest) =>
        forgetting(
          () => {
            keys.forget(key.keyId);
            tags.forget(key.keyId);
          },
          () => store.keys.create(key, ...rest),
        ),
      replace: (key) =>
        forgetting(
          () => keys.forget(key.keyId),
          () => store.keys.replace(key),
        ),
      replaceWithVersion: (key, version, quota) =>
        forgetting(
          () => {
            keys.forget(key.keyId);
            versions.forget(nameOfVersion(key.keyId, version.keyVersionId));
          },
          () => store.keys.replaceWithVersion(key, version, quota),
        ),
      // Takes aliases and versions along, whose names are not known here.
      destroyDue: (keyIds, now) => forgetting(forgetAll, () => store.keys.destroyDue(keyIds, now)),
    },
    aliases: {
      ...store.aliases,
      find(home, aliasName) {
        refresh();
        const name = nameOfAlias(home, aliasName);
        return aliases.get(name) ?? aliases.keep(name, store.aliases.find(home, aliasName));
      },
      create: (alias, quota) =>
        forgetting(
          () => aliases.forget(nameOfAlias(alias, alias.aliasName)),
          () => store.aliases.create(alias, quota),
        ),
      retarget: (home, aliasName, keyId) =>
        forgetting(
          () => aliases.forget(nameOfAlias(home, aliasName)),
          () => store.aliases.retarget(home, aliasName, keyId),
        ),
      delete: (home, aliasName) =>
        forgetting(
          () => aliases.forget(nameOfAlias(home, aliasName)),
          () => store.aliases.delete(home, aliasName),
        ),
    },
    tags: {
      ...store.tags,
      list(keyId) {
        refresh();
        return tags.get(keyId) ?? tags.keep(keyId, store.tags.list(keyId));
      },
      set: (keyIds, ...rest) =>
        forgetting(
          () => forgetEach(tags, keyIds),
          () => store.tags.set(keyIds, ...rest),
        ),
      remove: (keyIds, tagKeys) =>
        forgetting(
          () => forgetEach(tags, keyIds),
          () => store.tags.remove(keyIds, tagKeys),
        ),
    },
    accounts: {
      ...store.accounts,
      findAccessKey(accessKeyId) {
        refresh();
        return (
          accessKeys.get(accessKeyId) ??
          accessKeys.keep(accessKeyId, store.accounts.findAccessKey(accessKeyId))
        );
      },
      create: (account, accessKey) =>
        forgetting(
          () => {
            accessKeys.forget(accessKey.accessKeyId);
            ram.forget(account.accountId);
          },
          () => store.accounts.create(account, accessKey),
        ),
    },
    ram: {
      ...store.ram,
      load(accountId) {
        refresh();
        return ram.get(accountId) ?? ram.keep(accountId, store.ram.load(accountId));
      },
      change: (accountId, next, change) =>
        forgetting(
          () => {
            for (const { accessKeyId } of change.putAccessKeys) accessKeys.forget(accessKeyId);
            for (const accessKeyId of change.removeAccessKeys) accessKeys.forget(accessKeyId);
            ram.forget(accountId);
          },
          () => store.ram.change(accountId, next, change),
        ),
    },
    settings: store.settings,
    leases: store.leases,
    changedElsewhere() {
      ask();
      const changed = untold;
      untold = false;
      return changed;
    },
    close: () => store.close(),
  };
}

/**
 * Look-ups by name, kept as promises: a hit allocates nothing, equal look-ups under way are made once, and
 * one that started before a write cannot come back after it, because the write removes the promise itself.
 */
class Found<T> {
  readonly #promises: LRUCache<string, Promise<T>>;
  readonly #isThere: (found: T) => boolean;

  constructor(max: number, isThere: (found: T) => boolean = (found) => found !== undefined) {
    this.#promises = new LRUCache({ max });
    this.#isThere = isThere;
  }

  get(name: string): Promise<T> | undefined {
    return this.#promises.get(name);
  }

  /** Keeps what is found; not that something is missing, which may be created at any time and anywhere. */
  keep(name: string, finding: Promise<T>): Promise<T> {
    this.#promises.set(name, finding);
    const drop = () => {
      if (this.#promises.peek(name) === finding) this.#promises.delete(name);
    };
    finding.then((found) => {
      if (!this.#isThere(found)) drop();
    }, drop);
    return finding;
  }

  forget(name: string): void {
    this.#promises.delete(name);
  }

  clear(): void {
    this.#promises.clear();
  }
}

/** Forgets after the write, even one that failed: its outcome may be unknown. */
async function forgetting<T>(forget: () => void, write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } finally {
    forget();
  }
}

function forgetEach(found: Found<readonly Tag[]>, names: readonly string[]): void {
  for (const name of names) found.forget(name);
}

function nameOfAlias(home: { accountId: string; region: string }, aliasName: string): string {
  return `${home.accountId} ${home.region} ${aliasName}`;
}

function nameOfVersion(keyId: string, keyVersionId: string): string {
  return `${keyId} ${keyVersionId}`;
}
