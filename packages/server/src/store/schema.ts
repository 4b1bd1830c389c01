/**
 * The tables as both databases know them: text, 64-bit integers (milliseconds, counts, 0 and 1 for booleans)
 * and bytes. Every change here is a migration.
 */
export interface Schema {
  homes: HomeRow;
  keys: KeyRow;
  key_versions: KeyVersionRow;
  aliases: AliasRow;
  tags: TagRow;
  accounts: AccountRow;
  access_keys: AccessKeyRow;
  access_key_uses: AccessKeyUseRow;
  ram_heads: RamHeadRow;
  ram_rows: RamRowRow;
  settings: SettingRow;
  leases: LeaseRow;
  condemned: CondemnedRow;
}

/** Counts what lives in a home, so that quotas and totals need not count rows. */
export interface HomeRow {
  account_id: string;
  region: string;
  key_count: number;
  alias_count: number;
  version_count: number;
}

export interface KeyRow {
  key_id: string;
  account_id: string;
  region: string;
  revision: number;
  state: string;
  description: string;
  key_spec: string;
  key_usage: string;
  origin: string;
  protection_level: string;
  creator: string;
  created_at: number;
  delete_at: number | null;
  material_expires_at: number | null;
  primary_version_id: string | null;
  last_rotation_at: number | null;
  rotation_interval: number | null;
  next_rotation_at: number | null;
  deletion_protection: number;
  deletion_protection_description: string;
}

export interface KeyVersionRow {
  key_id: string;
  key_version_id: string;
  created_at: number;
  /** Empty where the material was erased. */
  wrapped_material: Uint8Array;
  fingerprint: Uint8Array | null;
  last_used_at: number | null;
}

export interface AliasRow {
  account_id: string;
  region: string;
  alias_name: string;
  key_id: string;
  created_at: number;
}

export interface TagRow {
  key_id: string;
  tag_key: string;
  tag_value: string;
}

export interface AccountRow {
  account_id: string;
  name: string;
  created_at: number;
}

export interface AccessKeyRow {
  access_key_id: string;
  account_id: string;
  owner: string;
  status: string;
  created_at: number;
  wrapped_secret: Uint8Array;
  mac: Uint8Array;
}

export interface AccessKeyUseRow {
  access_key_id: string;
  last_used_at: number;
}

/** One per account that ever changed anything of RAM. */
export interface RamHeadRow {
  account_id: string;
  revision: number;
  mac: Uint8Array;
}

export interface RamRowRow {
  account_id: string;
  kind: string;
  id: string;
  value: string;
}

export interface SettingRow {
  name: string;
  value: Uint8Array;
}

export interface LeaseRow {
  name: string;
  holder: string;
  until: number;
}

export interface CondemnedRow {
  key_id: string;
  revision: number;
}
