import type { Key, KeyState, KeyUsage, KeyVersion, Origin, ProtectionLevel } from '../keys/key.ts';
import type {
  AccessKeyRow,
  AccountRow,
  AliasRow,
  CondemnedRow,
  KeyRow,
  KeyVersionRow,
  RamRowRow,
  TagRow,
} from './schema.ts';
import type { AccessKey, Account, Alias, Condemned, RamRow, Tag, TaggedKey } from './store.ts';

// Written out field by field: these run on every look-up, and a field that is forgotten does not compile.

export const rowOfKey = (key: Key): KeyRow => ({
  key_id: key.keyId,
  account_id: key.accountId,
  region: key.region,
  revision: key.revision,
  state: key.state,
  description: key.description,
  key_spec: key.keySpec,
  key_usage: key.keyUsage,
  origin: key.origin,
  protection_level: key.protectionLevel,
  creator: key.creator,
  created_at: key.createdAt,
  delete_at: key.deleteAt,
  material_expires_at: key.materialExpiresAt,
  primary_version_id: key.primaryVersionId,
  last_rotation_at: key.lastRotationAt,
  rotation_interval: key.rotationInterval,
  next_rotation_at: key.nextRotationAt,
  deletion_protection: key.deletionProtection ? 1 : 0,
  deletion_protection_description: key.deletionProtectionDescription,
});

export const keyOfRow = (row: KeyRow): Key => ({
  keyId: row.key_id,
  accountId: row.account_id,
  region: row.region,
  revision: row.revision,
  state: row.state as KeyState,
  description: row.description,
  keySpec: row.key_spec,
  keyUsage: row.key_usage as KeyUsage,
  origin: row.origin as Origin,
  protectionLevel: row.protection_level as ProtectionLevel,
  creator: row.creator,
  createdAt: row.created_at,
  deleteAt: row.delete_at,
  materialExpiresAt: row.material_expires_at,
  primaryVersionId: row.primary_version_id,
  lastRotationAt: row.last_rotation_at,
  rotationInterval: row.rotation_interval,
  nextRotationAt: row.next_rotation_at,
  deletionProtection: row.deletion_protection === 1,
  deletionProtectionDescription: row.deletion_protection_description,
});

/** No material is an empty value: SQLite cannot take the `not null` of a column back. */
const NO_MATERIAL = new Uint8Array(0);

/** When it was used is noted apart, by `noteUses`. */
export const rowOfVersion = (version: KeyVersion): Omit<KeyVersionRow, 'last_used_at'> => ({
  key_id: version.keyId,
  key_version_id: version.keyVersionId,
  created_at: version.createdAt,
  wrapped_material: version.wrappedMaterial ?? NO_MATERIAL,
  fingerprint: version.fingerprint,
});

export const versionOfRow = (row: KeyVersionRow): KeyVersion => ({
  keyId: row.key_id,
  keyVersionId: row.key_version_id,
  createdAt: row.created_at,
  wrappedMaterial: row.wrapped_material.length === 0 ? null : row.wrapped_material,
  fingerprint: row.fingerprint,
});

export const condemnedOfRow = (row: CondemnedRow): Condemned => ({
  keyId: row.key_id,
  revision: row.revision,
});

export const rowOfAlias = (alias: Alias): AliasRow => ({
  account_id: alias.accountId,
  region: alias.region,
  alias_name: alias.aliasName,
  key_id: alias.keyId,
  created_at: alias.createdAt,
});

export const aliasOfRow = (row: AliasRow): Alias => ({
  accountId: row.account_id,
  region: row.region,
  aliasName: row.alias_name,
  keyId: row.key_id,
  createdAt: row.created_at,
});

export const rowOfTag = (keyId: string, tag: Tag): TagRow => ({
  key_id: keyId,
  tag_key: tag.tagKey,
  tag_value: tag.tagValue,
});

export const tagOfRow = (row: TagRow): Tag => ({ tagKey: row.tag_key, tagValue: row.tag_value });

export const taggedKeyOfRow = (row: TagRow): TaggedKey => ({ keyId: row.key_id, ...tagOfRow(row) });

export const rowOfAccount = (account: Account): AccountRow => ({
  account_id: account.accountId,
  name: account.name,
  created_at: account.createdAt,
});

export const accountOfRow = (row: AccountRow): Account => ({
  accountId: row.account_id,
  name: row.name,
  createdAt: row.created_at,
});

export const rowOfAccessKey = (accessKey: AccessKey): AccessKeyRow => ({
  access_key_id: accessKey.accessKeyId,
  account_id: accessKey.accountId,
  owner: accessKey.owner,
  status: accessKey.status,
  created_at: accessKey.createdAt,
  wrapped_secret: accessKey.wrappedSecret,
  mac: accessKey.mac,
});

export const accessKeyOfRow = (row: AccessKeyRow): AccessKey => ({
  accessKeyId: row.access_key_id,
  accountId: row.account_id,
  owner: row.owner,
  status: row.status as AccessKey['status'],
  createdAt: row.created_at,
  wrappedSecret: row.wrapped_secret,
  mac: row.mac,
});

export const ramRowOfRow = (row: Omit<RamRowRow, 'account_id'>): RamRow => ({
  kind: row.kind,
  id: row.id,
  value: row.value,
});
