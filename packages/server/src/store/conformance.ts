import { describe, test } from 'node:test';
import { accountsConformance } from './conformance/accounts.ts';
import { aliasesConformance } from './conformance/aliases.ts';
import { destructionConformance } from './conformance/destruction.ts';
import { keyListConformance } from './conformance/key-list.ts';
import { keysConformance } from './conformance/keys.ts';
import { modelConformance } from './conformance/model.ts';
import { tagsConformance } from './conformance/tags.ts';
import type { Store } from './store.ts';

/** Declares a test that gets an empty store of its own. */
export type StoreTest = (title: string, body: (store: Store) => Promise<void>) => void;

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
      destructionConformance,
      aliasesConformance,
      tagsConformance,
      accountsConformance,
      modelConformance,
    ]) {
      part(storeTest);
    }
  });
}
