import { randomUUID, timingSafeEqual } from 'node:crypto';
import { exists } from '../files/exists.ts';
import { DoesNotOpen } from '../keys/domain-key.ts';
import type { SecretBytes } from '../secret-bytes.ts';
import { StartError } from '../start-error.ts';
import type { Settings, Store } from '../store/store.ts';
import { createRootKeyFile } from './file.ts';
import { type DailyKind, DOMAIN_KEY_BYTES, type Kind, type RootKey } from './root-key.ts';
import type { RootKeys } from './root-keys.ts';
import { putWayIn, readWaysIn, removeWayIn } from './ways-in.ts';

/** Two at once that each remove the other's way would leave none. */
const LEASE = 'root-keys';
const LEASE_MS = 60_000;

export interface Rewrapping {
  /** Whether another root key of the same kind stops opening. Without it nothing that opened stops to. */
  readonly replaces: boolean;
  /** Ways that go once the new one is stored. */
  readonly removes: readonly Kind[];
}

export interface Rewrapped {
  /** `kept`: it was a way in already. */
  readonly outcome: 'added' | 'replaced' | 'kept';
  readonly removed: readonly Kind[];
}

/**
 * Makes `rootKey` a way into the domain key, whether or not a server is running: the domain key stays the same. Cut
 * short anywhere, an old way opens or the new one does; repeating it does the rest. Throws StartError.
 */
export async function rewrap(
  { settings, leases }: Pick<Store, 'settings' | 'leases'>,
  domainKey: SecretBytes,
  rootKey: RootKey,
  { replaces, removes }: Rewrapping,
): Promise<Rewrapped> {
  const holder = randomUUID();
  if (!(await leases.take(LEASE, holder, Date.now(), LEASE_MS))) {
    throw new StartError('another command changes the root keys, or was cut short; try again in a minute');
  }
  try {
    const { wrapped } = await readWaysIn(settings);
    const mine = wrapped.get(rootKey.kind);
    const outcome =
      mine === undefined ? 'added' : (await opens(rootKey, mine, domainKey)) ? 'kept' : 'replaced';
    if (outcome === 'replaced' && !replaces) throw alreadyAnother(rootKey.kind);
    if (outcome !== 'kept') await putWayIn(settings, rootKey.kind, await wrapAndTry(rootKey, domainKey));
    const removed = removes.filter((kind) => kind !== rootKey.kind && wrapped.has(kind));
    for (const kind of removed) await removeWayIn(settings, kind);
    return { outcome, removed };
  } finally {
    await leases.release(LEASE, holder);
  }
}

/**
 * The root key of a kind as the settings name it. A file is made where there is none, unless it could not become a
 * way in.
 */
export async function newRootKey(
  settings: Settings,
  rootKeys: RootKeys,
  kind: DailyKind,
  { replaces }: Pick<Rewrapping, 'replaces'>,
): Promise<RootKey> {
  const { rootKeyFile } = rootKeys.choice;
  if (kind === 'file' && !(await exists(rootKeyFile))) {
    const { wrapped } = await readWaysIn(settings);
    if (wrapped.has(kind) && !replaces) throw alreadyAnother(kind);
    await createRootKeyFile(rootKeyFile);
  }
  return rootKeys.get(kind);
}

const alreadyAnother = (kind: Kind): StartError =>
  new StartError(`another ${kind} is a way in already; --remove-old replaces it. Nothing was changed`);

/** What does not open is found before it counts. */
async function wrapAndTry(rootKey: RootKey, domainKey: SecretBytes): Promise<Uint8Array> {
  const wrapped = await rootKey.wrap(domainKey);
  if (await opens(rootKey, wrapped, domainKey)) return wrapped;
  throw new StartError(`${rootKey.source} does not open what it wrapped. Nothing was changed`);
}

async function opens(rootKey: RootKey, wrapped: Uint8Array, domainKey: SecretBytes): Promise<boolean> {
  try {
    using secret = await rootKey.unwrap(wrapped);
    const [a, b] = [secret.open(), domainKey.open()];
    // One that its owner has wiped is no key.
    return a.length === DOMAIN_KEY_BYTES && a.length === b.length && timingSafeEqual(a, b);
  } catch (error) {
    if (error instanceof DoesNotOpen) return false;
    throw error;
  }
}
