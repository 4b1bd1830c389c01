import type { Settings } from '../store/store.ts';
import { KINDS, type Kind } from './root-key.ts';

/** The wrappings of the domain key in a database. */
export interface WaysIn {
  readonly wrapped: ReadonlyMap<Kind, Uint8Array>;
  /** A database that ever had a domain key must never get another one. */
  readonly isNew: boolean;
}

/** A way in that was taken away stays as an empty row: that there was one is not forgotten. */
const REMOVED = new Uint8Array(0);

export async function readWaysIn(settings: Settings): Promise<WaysIn> {
  const wrapped = new Map<Kind, Uint8Array>();
  let isNew = true;
  for (const kind of KINDS) {
    const row = await settings.get(rowOf(kind));
    if (row !== undefined) isNew = false;
    if (row !== undefined && row.length > 0) wrapped.set(kind, row);
  }
  return { wrapped, isNew };
}

export const putWayIn = (settings: Settings, kind: Kind, wrapped: Uint8Array): Promise<void> =>
  settings.put(rowOf(kind), wrapped);

export const removeWayIn = (settings: Settings, kind: Kind): Promise<void> =>
  settings.put(rowOf(kind), REMOVED);

/** The very first one; returns what is stored, which is another's where that was faster. */
export const putFirstWayIn = (settings: Settings, kind: Kind, wrapped: Uint8Array): Promise<Uint8Array> =>
  settings.putOnce(rowOf(kind), wrapped);

const rowOf = (kind: Kind): string => `domain-key/${kind}`;
