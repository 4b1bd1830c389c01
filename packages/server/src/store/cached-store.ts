import { LRUCache } from 'lru-cache';
import type { Key, KeyVersion } from '../keys/key.ts';
import type { AccessKey, Alias, Store } from './store.ts';

/** How many of each are kept. */
export interface CacheLimits {
  readonly keys: number;
  readonly versions: number;
  readonly aliases: number;
  readonly accessKeys: number;
  /** Milliseconds that only go forward. */
  readonly clock: () => number;
}

/** How long a change made by another process may go unnoticed, in ms. A second is allowed. */
const ASK_EVERY = 250;

/**
 * The store with its four hot look-ups (and key versions) answered from memory. What this process writes is
 * forgotten when the write ends, however it ends; what others write, within 250 ms.
 */
export function cached(store: Store, limits: CacheLimits): Store {
  const keys = new Found<Key>(limits.keys);
  const aliases = new Found<Alias>(limits.aliases);
  const accessKeys = new Found<AccessKey>(limits.accessKeys);
  const versions = new Found<KeyVersion>(limits.versions);
  const all = [keys, aliases, accessKeys, versions];

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
        const name = `${keyId} ${keyVersionId}`;
        return versions.get(name) ?? versions.keep(name, store.keys.findVersion(keyId, keyVersionId));
      },
      create: (key, ...rest) =>
        forgetting(
          () => keys.forget(key.keyId),
          () => store.keys.create(key, ...rest),
        ),
      replace: (key) =>
        forgetting(
          () => keys.forget(key.keyId),
          () => store.keys.replace(key),
        ),
      // Takes aliases and versions along, whose names are not known here.
      destroyDue: (now, limit) => forgetting(forgetAll, () => store.keys.destroyDue(now, limit)),
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
    tags: store.tags,
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
          () => accessKeys.forget(accessKey.accessKeyId),
          () => store.accounts.create(account, accessKey),
        ),
      replaceAccessKey: (accessKey) =>
        forgetting(
          () => accessKeys.forget(accessKey.accessKeyId),
          () => store.accounts.replaceAccessKey(accessKey),
        ),
    },
    settings: store.settings,
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
  readonly #promises: LRUCache<string, Promise<T | undefined>>;

  constructor(max: number) {
    this.#promises = new LRUCache({ max });
  }

  get(name: string): Promise<T | undefined> | undefined {
    return this.#promises.get(name);
  }

  /** Keeps what is found; not that something is missing, which may be created at any time and anywhere. */
  keep(name: string, finding: Promise<T | undefined>): Promise<T | undefined> {
    this.#promises.set(name, finding);
    const drop = () => {
      if (this.#promises.peek(name) === finding) this.#promises.delete(name);
    };
    finding.then((found) => {
      if (found === undefined) drop();
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

function nameOfAlias(home: { accountId: string; region: string }, aliasName: string): string {
  return `${home.accountId} ${home.region} ${aliasName}`;
}
