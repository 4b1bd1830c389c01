import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { type Config, readConfig } from '@keyhold/server/config.ts';
import { dataPaths } from '@keyhold/server/files/data-paths.ts';
import { openDatabase } from '@keyhold/server/open-data.ts';
import { newRootKey, type Rewrapped, rewrap } from '@keyhold/server/root/rewrap.ts';
import { DAILY_KINDS, type DailyKind } from '@keyhold/server/root/root-key.ts';
import { RootKeys } from '@keyhold/server/root/root-keys.ts';
import type { SecretBytes } from '@keyhold/server/secret-bytes.ts';
import type { Store } from '@keyhold/server/store/store.ts';
import { shown } from '../data-dir.ts';
import { UsageError } from '../exit-codes.ts';

export interface WayInOptions {
  readonly to: string;
  readonly keyFile?: string;
  readonly passphraseFile?: string;
  readonly removeOld?: true;
}

/** A backup holds the ways in of its time. */
export const BACK_UP_NOW = 'Backups made before do not open this way: make one now, keyhold backup --out ...';

/** The database that the settings name, lent; a server may be running on it. */
export async function withDatabase<T>(
  use: (store: Store, config: Config, path: string) => Promise<T>,
): Promise<T> {
  const config = readConfig(process.env);
  const path = dataPaths(config.dataDir).database;
  if (!existsSync(path)) {
    throw new UsageError(`there is no database in ${shown(config.dataDir)}; set KEYHOLD_DATA_DIR`);
  }
  const store = await openDatabase(config.dataDir);
  try {
    return await use(store, config, path);
  } finally {
    await store.close();
  }
}

export function kindNamed(to: string): DailyKind {
  const kind = DAILY_KINDS.find((each) => each === to);
  if (kind === undefined) throw new UsageError(`--to: ${DAILY_KINDS.join(', ')} is expected`);
  return kind;
}

/** Makes the new way, as the options and else the settings name it, and says what comes next. */
export async function makeWayIn(
  store: Store,
  config: Config,
  domainKey: SecretBytes,
  { options, replaces }: { readonly options: WayInOptions; readonly replaces: boolean },
): Promise<void> {
  const kind = kindNamed(options.to);
  const { keyFile = config.rootKeyFile, passphraseFile = config.passphraseFile } = options;
  const choice = {
    ...config,
    rootKeyFile: resolve(keyFile),
    passphraseFile: passphraseFile === undefined ? undefined : resolve(passphraseFile),
  };
  if (kind === 'passphrase' && choice.passphraseFile === undefined) {
    throw new UsageError('--passphrase-file, or KEYHOLD_ROOT_PASSPHRASE_FILE, is needed');
  }
  await using rootKeys = new RootKeys(choice);
  using rootKey = await newRootKey(store.settings, rootKeys, kind, { replaces });
  const removes = options.removeOld ? DAILY_KINDS : [];
  const done = await rewrap(store, domainKey, rootKey, { replaces, removes });
  process.stdout.write(report(kind, rootKey.source, done, choice));
}

const OUTCOMES = {
  added: 'a new way in',
  replaced: 'the way in, in place of the one before',
  kept: 'a way in, as before',
};

function report(
  kind: DailyKind,
  source: string,
  { outcome, removed }: Rewrapped,
  {
    rootKeyFile,
    passphraseFile,
  }: { readonly rootKeyFile: string; readonly passphraseFile: string | undefined },
): string {
  const settings = {
    file: `KEYHOLD_ROOT_KEY=file KEYHOLD_ROOT_KEY_FILE=${rootKeyFile}`,
    passphrase: `KEYHOLD_ROOT_KEY=passphrase KEYHOLD_ROOT_PASSPHRASE_FILE=${passphraseFile}`,
    token: 'KEYHOLD_ROOT_KEY=token, and the KEYHOLD_HSM_ settings of now',
  };
  const gone =
    removed.length === 0 ? [] : [`Removed: ${removed.join(', ')}. Backups made before still open that way.`];
  const lines = [
    `${source}: ${OUTCOMES[outcome]}.`,
    ...gone,
    ...(outcome === 'kept' ? [] : [BACK_UP_NOW]),
    `A server that runs goes on; its next start needs ${settings[kind]}`,
  ];
  return `${lines.join('\n')}\n`;
}
