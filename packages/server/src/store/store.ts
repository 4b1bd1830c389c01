import type { Key, KeyVersion } from '../keys/key.ts';

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
  readonly settings: Settings;
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
  /** Oldest first. */
  list(home: Home, filters: readonly KeyFilter[], page: PageRequest): Promise<Page<Key>>;
  findVersion(keyId: string, keyVersionId: string): Promise<KeyVersion | undefined>;
  /** Oldest first, without regard to state. */
  listVersions(keyId: string, page: PageRequest): Promise<Page<KeyVersion>>;
  /** Keys whose `deleteAt` has come, those that `destroyDue` with the same arguments would remove. */
  listDue(now: number, limit: number): Promise<readonly Key[]>;
  /** Removes keys whose `deleteAt` has come, with their versions, aliases and tags; returns what they were. */
  destroyDue(now: number, limit: number): Promise<readonly Key[]>;
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
  /** `root`: the account itself. Users come with RAM. */
  readonly owner: 'root';
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
  /** Replaces the row of that id. */
  replaceAccessKey(accessKey: AccessKey): Promise<'replaced' | 'missing'>;
}

/** Small named values of the server's own: the wrapped domain keys and the trail's anchor. Not what an operator sets. */
export interface Settings {
  get(name: string): Promise<Uint8Array | undefined>;
  put(name: string, value: Uint8Array): Promise<void>;
  /** Stores the value unless the name is taken; returns what is stored then. */
  putOnce(name: string, value: Uint8Array): Promise<Uint8Array>;
}

/** The database refused: full disk, lost file, lost connection. */
export class StoreUnavailable extends Error {
  override readonly name = 'StoreUnavailable';
}

/** The key that an alias or a tag was to name was destroyed in the meantime. */
export class KeyGone extends Error {
  override readonly name = 'KeyGone';
}
