import type { Keyring } from './keys/keyring.ts';
import type { Store } from './store/store.ts';

/** What an operation may reach, and nothing else. */
export interface Kms {
  readonly store: Store;
  readonly keyring: Keyring;
  readonly regions: readonly string[];
  readonly quotas: Quotas;
}

/** Per account and region. */
export interface Quotas {
  readonly keys: number;
  readonly aliases: number;
}
