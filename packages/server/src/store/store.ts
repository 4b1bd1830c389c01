import type { Key, KeyVersion, ProtectionLevel } from '../keys/key.ts';

/**
 * Everything Keyhold remembers besides the trail. Each method is one atomic change or one consistent read;
 * when it resolves, the change survives power loss. No transaction is open between calls. A method that
 * cannot do its work rejects with `StoreUnavailable`; what was changed then is unknown until read again.
 */
export interface Store {
  readonly keys: Keys;
  readonly aliases: Aliases;
  readonly tags: Tags;
  readonly accounts: Accounts;
  readonly ram: Ram;
  readonly settings: Settings;
  readonly leases: Leases;
  /**
   * Whether another process may have changed the store since the last call that said so. Cheap; the caches
   * in front of the store ask at most every 250 ms and forget everything when it is true.
   */
  changedElsewhere(): boolean;
  close(): Promise<void>;
}

/** A region of an account: the space in which key ids, alias names and quotas live. */
export interface Home {
  readonly accountId: string;
  readonly region: string;
}

export interface PageRequest {
  readonly offset: number;
  readonly limit: number;
}

export interface Page<T> {
  readonly total: number;
  readonly rows: readonly T[];
}

export interface Keys {
  /**
   * Stores a key with its first version (none for imported material) and tags, unless the home holds `quota`
   * keys already: then nothing changes and the answer is `quota`.
   */
  create(
    key: Key,
    version: KeyVersion | null,
    tags: readonly Tag[],
    quota: number,
  ): Promise<'created' | 'quota'>;
  /** By key id, in any account and region: the caller compares. */
  find(keyId: string): Promise<Key | undefined>;
  /** Replaces the row whose revision is `key.revision - 1`; `conflict` where it is another or gone. */
  replace(key: Key): Promise<'replaced' | 'conflict'>;
  /**
   * `replace`, and in the same change one version of the key is stored, in place of what is known of it. `quota`
   * where it is new and the home holds `quota` versions already: then nothing changes. Material that is lost this
   * way is overwritten in the database as well, and an HSM key whose version has none any more is condemned.
   */
  replaceWithVersion(
    key: Key,
    version: KeyVersion,
    quota: number,
  ): Promise<'replaced' | 'conflict' | 'quota'>;
  /** Oldest first. `KeyState` is what `asOf` says of the key, where `now` is given. */
  list(home: Home, filters: readonly KeyFilter[], page: PageRequest, now?: number): Promise<Page<Key>>;
  findVersion(keyId: string, keyVersionId: string): Promise<KeyVersion | undefined>;
  /** Oldest first, without regard to state. */
  listVersions(keyId: string, page: PageRequest): Promise<Page<KeyVersion>>;
  /** Keys, of the level where one is given, for which the time of something has come, the longest due first. */
  listDue(what: DueFor, now: number, limit: number, level?: ProtectionLevel): Promise<readonly Key[]>;
  /**
   * Removes those of the keys that are due, with their versions, aliases and tags; returns what they were. HSM keys
   * are condemned.
   */
  destroyDue(keyIds: readonly string[], now: number): Promise<readonly Key[]>;
  /** What is condemned, by key id, after the one that is given. */
  listCondemned(limit: number, after?: string): Promise<readonly Condemned[]>;
  /** It is destroyed. What was condemned of the key at a later revision stays. */
  forgetCondemned(condemned: Condemned): Promise<void>;
  /** Whether there is any HSM key, in any account and region. */
  hasHsmKeys(): Promise<boolean>;
  /** Unknown versions are left out, and no version is used earlier than is known. */
  noteUses(uses: readonly VersionUse[]): Promise<void>;
  /** Of the versions of a key that were ever used. */
  lastUses(keyId: string): Promise<readonly VersionUse[]>;
}

/**
 * All material that was made outside of the store for the key until this revision, the last before the store let go
 * of it: to be destroyed where it lives. It is remembered in the same change, because what holds it may be away, and
 * the server may end before it has asked. Nothing else is ever destroyed there. A database that was put back from a
 * backup destroys what it had condemned, and what it goes on to delete, also where the one that it is a copy of needs it:
 * a deletion may have been cancelled after the backup (docs/backup.md).
 */
export type Condemned = Pick<Key, 'keyId' | 'revision'>;

/**
 * - `destruction`: `deleteAt` has come.
 * - `rotation`: `nextRotationAt` has come and the key is Enabled; or the last rotation is more than a day in the
 *   future, which a clock set back leaves behind.
 * - `erasure`: `materialExpiresAt` has come.
 */
export type DueFor = 'destruction' | 'rotation' | 'erasure';

export interface VersionUse {
  readonly keyId: string;
  readonly keyVersionId: string;
  readonly usedAt: number;
}

/** OR among values; filters are ANDed. Names are those of ListKeys. */
export interface KeyFilter {
  readonly field: KeyFilterField;
  readonly values: readonly string[];
}

export type KeyFilterField =
  | 'KeyState'
  | 'KeySpec'
  | 'KeyUsage'
  | 'ProtectionLevel'
  | 'CreatorType'
  | 'DKMSInstanceId'
  | 'KeyId'
  | 'AliasName'
  | 'Creator'
  | 'TagKey'
  | 'TagValue';

/** `aliasName` is the full name, `alias/...`; unique in its home. */
export interface Alias extends Home {
  readonly aliasName: string;
  readonly keyId: string;
  readonly createdAt: number;
}

export interface Aliases {
  /** Rejects with `KeyGone` where the key is gone. */
  create(alias: Alias, quota: number): Promise<'created' | 'exists' | 'quota'>;
  find(home: Home, aliasName: string): Promise<Alias | undefined>;
  /** Points an existing alias at another key; rejects with `KeyGone` where that is gone. */
  retarget(home: Home, aliasName: string, keyId: string): Promise<'retargeted' | 'missing'>;
  delete(home: Home, aliasName: string): Promise<'deleted' | 'missing'>;
  /** By name, in byte order. */
  list(home: Home, page: PageRequest): Promise<Page<Alias>>;
  listOfKey(keyId: string, page: PageRequest): Promise<Page<Alias>>;
}

export interface Tag {
  readonly tagKey: string;
  readonly tagValue: string;
}

export interface TaggedKey extends Tag {
  readonly keyId: string;
}

export interface Tags {
  /** By tag key, in byte order. */
  list(keyId: string): Promise<readonly Tag[]>;
  /**
   * Sets the tags on every key; all or none: `limit` where a key would hold more than `limit` tags. Rejects
   * with `KeyGone` where a key is gone.
   */
  set(keyIds: readonly string[], tags: readonly Tag[], limit: number): Promise<'set' | 'limit'>;
  /** Removes the tag keys from every key; `all` removes every tag. Absent ones are no error. */
  remove(keyIds: readonly string[], tagKeys: readonly string[] | 'all'): Promise<void>;
  /**
   * Tags of keys in the home, ordered by key id then tag key, after the cursor. `keyIds` restricts to keys,
   * each of `tags` to keys that carry it (a tag without value: with any value).
   */
  search(
    home: Home,
    query: {
      readonly keyIds: readonly string[];
      readonly tags: readonly { readonly tagKey: string; readonly tagValue?: string | undefined }[];
      readonly after: { readonly keyId: string; readonly tagKey: string } | null;
      readonly limit: number;
    },
  ): Promise<readonly TaggedKey[]>;
}

export interface Account {
  readonly accountId: string;
  readonly name: string;
  readonly createdAt: number;
}

/**
 * An access key. The secret is wrapped under the domain key; `mac` covers every other field, so that a row
 * edited in the database is refused.
 */
export interface AccessKey {
  readonly accessKeyId: string;
  readonly accountId: string;
  /** `root`: the account itself; else the id of a user. */
  readonly owner: string;
  readonly status: 'Active' | 'Inactive';
  readonly createdAt: number;
  readonly wrappedSecret: Uint8Array;
  readonly mac: Uint8Array;
}

export interface Accounts {
  /** An account with its first access key: both or neither. */
  create(account: Account, accessKey: AccessKey): Promise<'created' | 'exists'>;
  find(accountId: string): Promise<Account | undefined>;
  list(): Promise<readonly Account[]>;
  findAccessKey(accessKeyId: string): Promise<AccessKey | undefined>;
}

/** One record of RAM; `value` is its JSON. */
export interface RamRow {
  readonly kind: string;
  /** Unique among its kind in the account. */
  readonly id: string;
  readonly value: string;
}

/** All of RAM of one account, as it stands. */
export interface RamRows {
  readonly accountId: string;
  /** 0 where nothing was ever changed. */
  readonly revision: number;
  /** Covers the revision, every row and every access key; null at revision 0. */
  readonly mac: Uint8Array | null;
  readonly rows: readonly RamRow[];
  readonly accessKeys: readonly AccessKey[];
}

export interface RamChange {
  readonly put: readonly RamRow[];
  readonly remove: readonly Pick<RamRow, 'kind' | 'id'>[];
  readonly putAccessKeys: readonly AccessKey[];
  readonly removeAccessKeys: readonly string[];
}

export interface Ram {
  load(accountId: string): Promise<RamRows>;
  /** Makes the whole change, with the next revision and its MAC, unless another change was faster. */
  change(
    accountId: string,
    next: { readonly revision: number; readonly mac: Uint8Array },
    change: RamChange,
  ): Promise<'changed' | 'conflict'>;
  /** Milliseconds; undefined where the key was never used. */
  lastUse(accessKeyId: string): Promise<number | undefined>;
  /** Keeps the later of what is there and what is given. */
  putLastUses(uses: ReadonlyMap<string, number>): Promise<void>;
}

/** Small named values of the server's own: the wrapped domain keys and the trail's anchor. Not what an operator sets. */
export interface Settings {
  get(name: string): Promise<Uint8Array | undefined>;
  put(name: string, value: Uint8Array): Promise<void>;
  /** Stores the value unless the name is taken; returns what is stored then. */
  putOnce(name: string, value: Uint8Array): Promise<Uint8Array>;
}

/** What one holder at a time may do, for a while: the jobs, of which each server over the store has its own. */
export interface Leases {
  /**
   * Takes or renews the lease until `now + milliseconds`; false where another holds it. One that would last longer
   * than that is void: its holder's clock was ahead.
   */
  take(name: string, holder: string, now: number, milliseconds: number): Promise<boolean>;
  /** Gives it back, if it is the holder's. */
  release(name: string, holder: string): Promise<void>;
}

/** The database refused: full disk, lost file, lost connection. */
export class StoreUnavailable extends Error {
  override readonly name = 'StoreUnavailable';
}

/** The key that an alias or a tag was to name was destroyed in the meantime. */
export class KeyGone extends Error {
  override readonly name = 'KeyGone';
}

/**
 * A change was made by somebody else between reading and writing. The pipeline reads again and repeats.
 */
export class Conflict extends Error {
  override readonly name = 'Conflict';
}
