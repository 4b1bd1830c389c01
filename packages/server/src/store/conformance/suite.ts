import { describe, test } from 'node:test';
import type { Store } from '../store.ts';
import { accountsConformance } from './accounts.ts';
import { aliasesConformance } from './aliases.ts';
import { condemnedConformance } from './condemned.ts';
import { destructionConformance } from './destruction.ts';
import { keyListConformance } from './key-list.ts';
import { keyVersionsConformance } from './key-versions.ts';
import { keysConformance } from './keys.ts';
import { leasesConformance } from './leases.ts';
import { modelConformance } from './model.ts';
import { ramConformance } from './ram.ts';
import type { StoreTest } from './store-test.ts';
import { tagsConformance } from './tags.ts';

/** The contract of `Store` as tests. `open` makes an empty store each time. */
export function storeConformance(name: string, open: () => Promise<Store>): void {
  const storeTest: StoreTest = (title, body) => {
    test(title, async () => {
      const store = await open();
      try {
        await body(store);
      } finally {
        await store.close();
      }
    });
  };
  describe(name, () => {
    for (const part of [
      keysConformance,
      keyListConformance,
      keyVersionsConformance,
      leasesConformance,
      destructionConformance,
      condemnedConformance,
      aliasesConformance,
      tagsConformance,
      accountsConformance,
      ramConformance,
      modelConformance,
    ]) {
      part(storeTest);
    }
  });
}
