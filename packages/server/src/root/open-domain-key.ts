import { randomBytes } from 'node:crypto';
import { exists } from '../files/exists.ts';
import { DoesNotOpen, DomainKey } from '../keys/domain-key.ts';
import { SecretBytes } from '../secret-bytes.ts';
import { StartError } from '../start-error.ts';
import type { Settings } from '../store/store.ts';
import { createRootKeyFile, openRootKeyFile } from './file.ts';
import { openPassphraseFile } from './passphrase.ts';
import type { RootKey } from './root-key.ts';

const KINDS = ['file', 'passphrase'] as const;
const NAMES = { file: 'root key', passphrase: 'passphrase' } as const;
const DOMAIN_KEY_BYTES = 32;

export interface RootKeyChoice {
  readonly rootKeyFile: string;
  /** Where set, the passphrase is the root key and no root key file is made or read. */
  readonly passphraseFile: string | undefined;
  /** For messages: the file that holds the wrapped domain key. */
  readonly databasePath: string;
}

/**
 * Opens the domain key, making it on the very first start. A root key file is made only where the database
 * has no domain key of any kind, so that a lost file is never papered over by a new one.
 */
export async function openDomainKey(settings: Settings, choice: RootKeyChoice): Promise<DomainKey> {
  const present = await kindsPresent(settings);
  const kind = choice.passphraseFile === undefined ? 'file' : 'passphrase';
  if (present.length > 0 && !present.includes(kind)) {
    throw new StartError(
      `${choice.databasePath} was set up with a root key of kind ${present.join(', ')}, not ${kind}: ` +
        (kind === 'file'
          ? 'set KEYHOLD_ROOT_PASSPHRASE_FILE to the file that holds its passphrase'
          : 'unset KEYHOLD_ROOT_PASSPHRASE_FILE to use the root key file'),
    );
  }
  if (kind === 'file' && present.length === 0 && !(await exists(choice.rootKeyFile))) {
    await createRootKeyFile(choice.rootKeyFile);
  }
  const rootKey =
    choice.passphraseFile === undefined
      ? await openRootKeyFile(choice.rootKeyFile)
      : await openPassphraseFile(choice.passphraseFile);
  return open(settings, rootKey, choice.databasePath);
}

async function open(settings: Settings, rootKey: RootKey, databasePath: string): Promise<DomainKey> {
  const name = settingName(rootKey.kind);
  const wrapped = (await settings.get(name)) ?? (await settings.putOnce(name, await wrapNew(rootKey)));
  try {
    using secret = await rootKey.unwrap(wrapped);
    return new DomainKey(secret);
  } catch (error) {
    if (!(error instanceof DoesNotOpen)) throw error;
    throw new StartError(
      `the ${NAMES[rootKey.kind]} in ${rootKey.source} does not open the domain key in ${databasePath}: it is ` +
        'another one, or the database was changed; put the right file in place. Nothing was overwritten',
    );
  }
}

async function wrapNew(rootKey: RootKey): Promise<Uint8Array> {
  using secret = new SecretBytes(randomBytes(DOMAIN_KEY_BYTES));
  return rootKey.wrap(secret);
}

async function kindsPresent(settings: Settings): Promise<readonly string[]> {
  const found = await Promise.all(KINDS.map((kind) => settings.get(settingName(kind))));
  return KINDS.filter((_, index) => found[index] !== undefined);
}

const settingName = (kind: string): string => `domain-key/${kind}`;
