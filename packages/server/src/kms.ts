import type { Diagnoses } from './access/diagnoses.ts';
import type { Sessions } from './access/sessions.ts';
import type { Delivery } from './delivery/delivery.ts';
import type { Imports } from './keys/imports.ts';
import type { Keyring } from './keys/keyring.ts';
import type { VersionUses } from './keys/version-uses.ts';
import type { Directories } from './ram/directories.ts';
import type { LastUses } from './ram/last-uses.ts';
import type { Store } from './store/store.ts';
import type { Lookup } from './trail/lookup/lookup.ts';

/** What an operation may reach, and nothing else. */
export interface Kms {
  readonly store: Store;
  readonly keyring: Keyring;
  readonly imports: Imports;
  readonly versionUses: VersionUses;
  readonly ram: Pick<Directories, 'get' | 'change'>;
  readonly lastUses: LastUses;
  readonly sessions: Sessions;
  readonly diagnoses: Diagnoses;
  readonly lookup: Lookup;
  readonly delivery: Delivery;
  readonly regions: readonly string[];
  readonly quotas: Quotas;
}

/** Per account and region. */
export interface Quotas {
  readonly keys: number;
  readonly aliases: number;
  /** Of all keys; rotations that a policy asks for are not refused for it. */
  readonly versions: number;
}
