import { randomBytes } from 'node:crypto';
import { exists } from '../files/exists.ts';
import { TokenUnavailable } from '../hsm/token.ts';
import { DoesNotOpen, DomainKey } from '../keys/domain-key.ts';
import { SecretBytes } from '../secret-bytes.ts';
import { StartError } from '../start-error.ts';
import type { Settings } from '../store/store.ts';
import { createRootKeyFile } from './file.ts';
import { type DailyKind, DOMAIN_KEY_BYTES, type Kind, NAMES, NotInToken, type RootKey } from './root-key.ts';
import { type RootKeyChoice, RootKeys } from './root-keys.ts';
import { putFirstWayIn, readWaysIn, type WaysIn } from './ways-in.ts';

/** How to open with another kind than the settings say. */
const HINTS: Readonly<Record<Kind, string>> = {
  file: 'set KEYHOLD_ROOT_KEY=file to use the root key file',
  passphrase: 'set KEYHOLD_ROOT_KEY=passphrase and KEYHOLD_ROOT_PASSPHRASE_FILE to the file that holds it',
  token: 'set KEYHOLD_ROOT_KEY=token and the KEYHOLD_HSM_ settings of its token',
  shares: 'run keyhold root recover with recovery shares',
};

/**
 * Opens the domain key, making it on the very first start. A root key file is made only where the database
 * never had a domain key, so that a lost file is never papered over by a new one. Rejects with `TokenUnavailable`
 * where the root key is in a token that is away.
 */
export async function openDomainKey(
  settings: Settings,
  choice: RootKeyChoice & {
    /** For messages: the file that holds the wrapped domain key. */
    readonly databasePath: string;
  },
): Promise<DomainKey> {
  await using rootKeys = new RootKeys(choice);
  return await openFirst(settings, rootKeys, choice.databasePath); // not before it are they disposed of
}

/** The same with root keys that stay open. */
export async function openFirst(
  settings: Settings,
  rootKeys: RootKeys,
  databasePath: string,
): Promise<DomainKey> {
  const { wrapped, isNew } = await readWaysIn(settings);
  const kind = rootKeys.first;
  const mine = isNew ? await makeDomainKey(settings, rootKeys) : wrapped.get(kind);
  if (mine === undefined) throw anotherKind(kind, [...wrapped.keys()], databasePath);
  try {
    using secret = await openBy(rootKeys, kind, mine, databasePath);
    return new DomainKey(secret);
  } catch (error) {
    const others = otherWays(wrapped, kind);
    if (error instanceof StartError) throw new StartError(`${error.message}${others}`);
    throw error instanceof TokenUnavailable ? new TokenUnavailable(`${error.message}${others}`) : error;
  }
}

/** For the end of a message: who reads that one way is lost must not take everything for lost. */
export function otherWays(wrapped: WaysIn['wrapped'], kind: DailyKind): string {
  const others = [...wrapped.keys()].filter((each) => each !== kind).map((each) => HINTS[each]);
  return others.length === 0 ? '' : `. There is another way in: ${others.join(', or ')}`;
}

/** By any way in whose root key is there; the one that the settings say is tried first. Throws StartError. */
export async function openByAnyWay(
  settings: Settings,
  rootKeys: RootKeys,
  databasePath: string,
): Promise<SecretBytes> {
  const { wrapped } = await readWaysIn(settings);
  const problems: string[] = [];
  for (const kind of rootKeys.order) {
    const mine = wrapped.get(kind);
    if (mine === undefined) continue;
    try {
      return await openBy(rootKeys, kind, mine, databasePath);
    } catch (error) {
      if (!(error instanceof StartError || error instanceof TokenUnavailable)) throw error;
      problems.push(error.message);
    }
  }
  if (wrapped.size === 0) throw lost(databasePath);
  if (wrapped.has('shares')) problems.push(HINTS.shares);
  throw new StartError(
    `nothing that is here opens the domain key in ${databasePath}: ${problems.join('; ')}`,
  );
}

/** By the root key of one kind, held no longer than that. Throws StartError, or `TokenUnavailable`. */
export async function openBy(
  rootKeys: RootKeys,
  kind: DailyKind,
  wrapped: Uint8Array,
  databasePath: string,
): Promise<SecretBytes> {
  using rootKey = await rootKeys.get(kind);
  return await unwrapBy(rootKey, wrapped, databasePath);
}

/** Throws StartError where it does not open, and `TokenUnavailable` where its token does not hold it. */
export async function unwrapBy(
  rootKey: RootKey,
  wrapped: Uint8Array,
  databasePath: string,
): Promise<SecretBytes> {
  try {
    const secret = await rootKey.unwrap(wrapped);
    if (secret.open().length !== DOMAIN_KEY_BYTES) throw new DoesNotOpen();
    return secret;
  } catch (error) {
    if (!(error instanceof DoesNotOpen)) throw error;
    if (error instanceof NotInToken) {
      throw new TokenUnavailable(
        `${rootKey.source} has no key that opens the domain key in ${databasePath}: it is another token of that ` +
          'name, or its keys were erased; put the right one back',
      );
    }
    throw new StartError(
      `the ${NAMES[rootKey.kind]} in ${rootKey.source} does not open the domain key in ${databasePath}: it is ` +
        'another one, or the database was changed; put the right one in place. Nothing was overwritten',
    );
  }
}

/** A first start that cannot succeed leaves nothing behind: a token that is away stops it. */
async function makeDomainKey(settings: Settings, rootKeys: RootKeys): Promise<Uint8Array> {
  const { rootKeyFile } = rootKeys.choice;
  if (rootKeys.first === 'file' && !(await exists(rootKeyFile))) await createRootKeyFile(rootKeyFile);
  using rootKey = await rootKeys.get(rootKeys.first).catch(stopFirstStart);
  using secret = new SecretBytes(randomBytes(DOMAIN_KEY_BYTES));
  const wrapped = await rootKey.wrap(secret).catch(stopFirstStart);
  return putFirstWayIn(settings, rootKey.kind, wrapped);
}

function stopFirstStart(error: unknown): never {
  throw error instanceof TokenUnavailable ? new StartError(error.message) : error;
}

function anotherKind(kind: DailyKind, present: readonly Kind[], databasePath: string): StartError {
  if (present.length === 0) return lost(databasePath);
  return new StartError(
    `${databasePath} was set up with a root key of kind ${present.join(', ')}, not ${kind}: ` +
      present.map((each) => HINTS[each]).join(', or '),
  );
}

const lost = (databasePath: string): StartError =>
  new StartError(`${databasePath} has lost every way into its domain key; restore it from a backup`);
