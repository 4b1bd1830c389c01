import type { Store } from '../store.ts';

/** Declares a test that gets an empty store of its own. */
export type StoreTest = (title: string, body: (store: Store) => Promise<void>) => void;
