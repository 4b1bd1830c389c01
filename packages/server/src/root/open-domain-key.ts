import { randomBytes } from 'node:crypto';
import { exists } from '../files/exists.ts';
import { TokenUnavailable } from '../hsm/token.ts';
import { DoesNotOpen, DomainKey } from '../keys/domain-key.ts';
import { SecretBytes } from '../secret-bytes.ts';
import { StartError } from '../start-error.ts';
import type { Settings } from '../store/store.ts';
import { createRootKeyFile } from './file.ts';
import { type DailyKind, DOMAIN_KEY_BYTES, NAMES, type RootKey } from './root-key.ts';
import { type RootKeyChoice, RootKeys } from './root-keys.ts';
import { putFirstWayIn, readWaysIn } from './ways-in.ts';

/** How to open with another kind than the settings say. */
const HINTS: Readonly<Record<DailyKind, string>> = {
  file: 'unset KEYHOLD_ROOT_PASSPHRASE_FILE to use the root key file',
  passphrase: 'set KEYHOLD_ROOT_PASSPHRASE_FILE to the file that holds its passphrase',
  token: 'set KEYHOLD_ROOT_KEY=token and the KEYHOLD_HSM_ settings of its token',
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
  return openFirst(settings, rootKeys, choice.databasePath);
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
  using secret = await unwrapBy(await rootKeys.get(kind), mine, databasePath);
  return new DomainKey(secret);
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
      return await unwrapBy(await rootKeys.get(kind), mine, databasePath);
    } catch (error) {
      if (!(error instanceof StartError || error instanceof TokenUnavailable)) throw error;
      problems.push(error.message);
    }
  }
  throw new StartError(
    problems.length > 0
      ? `nothing that is here opens the domain key in ${databasePath}: ${problems.join('; ')}`
      : `${databasePath} has no way in but ${[...wrapped.keys()].join(', ') || 'none'}; with shares, run keyhold root recover`,
  );
}

/** Throws StartError where it does not open. */
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
  const rootKey = await rootKeys.get(rootKeys.first).catch(stopFirstStart);
  using secret = new SecretBytes(randomBytes(DOMAIN_KEY_BYTES));
  return putFirstWayIn(settings, rootKey.kind, await rootKey.wrap(secret).catch(stopFirstStart));
}

function stopFirstStart(error: unknown): never {
  throw error instanceof TokenUnavailable ? new StartError(error.message) : error;
}

function anotherKind(kind: DailyKind, present: readonly string[], databasePath: string): StartError {
  if (present.length === 0) {
    return new StartError(`${databasePath} has lost every way into its domain key; restore it from a backup`);
  }
  const daily = present.find((each) => each in HINTS) as DailyKind | undefined;
  return new StartError(
    `${databasePath} was set up with a root key of kind ${present.join(', ')}, not ${kind}: ` +
      (daily ? HINTS[daily] : 'run keyhold root recover'),
  );
}
