import { isIP } from 'node:net';
import { resolve } from 'node:path';
import { type IpBlock, parseIpBlock } from './access/policy/ip-block.ts';
import type { Rates } from './access/throttle.ts';
import { type Bucket, parseBuckets } from './delivery/buckets.ts';
import type { TokenSettings } from './hsm/pkcs11/settings.ts';
import { DAILY_KINDS, type DailyKind } from './root/root-key.ts';
import { SETTINGS, type SettingName } from './settings.ts';
import { StartError } from './start-error.ts';

/** Everything an operator can choose, read once and frozen. */
export interface Config {
  readonly dataDir: string;
  readonly listen: { readonly host: string; readonly port: number };
  readonly tls: { readonly certFile: string; readonly keyFile: string } | undefined;
  readonly trustedProxies: readonly IpBlock[];
  readonly regions: readonly string[];
  readonly accountId: string | undefined;
  readonly rootAccessKey: { readonly id: string; readonly secret: string } | undefined;
  readonly rootKeyFile: string;
  readonly passphraseFile: string | undefined;
  readonly rootKey: DailyKind | undefined;
  readonly hsm: TokenSettings | undefined;
  /** Where keys of ProtectionLevel HSM are made. */
  readonly hsmRegions: readonly string[];
  readonly quotas: { readonly keys: number; readonly aliases: number; readonly versions: number };
  /** Calls per second. */
  readonly rates: Rates;
  readonly replayCapacity: number;
  readonly keysInMemory: number;
  readonly checkpoints: {
    readonly entries: number;
    readonly seconds: number;
    readonly copyDir: string | undefined;
  };
  /** 0: for ever. */
  readonly trailRetentionDays: number;
  readonly lookupDays: number;
  readonly trailBuckets: readonly Bucket[];
  readonly deliverySeconds: number;
  readonly logLevel: string;
  /** Settings that look meant for us and are not known: told of at the start. */
  readonly unknown: readonly string[];
}

type Environment = Readonly<Record<string, string | undefined>>;

/** A setting as it stands, its default where it is unset; empty where it has none. */
interface Given {
  readonly name: SettingName;
  readonly text: string;
}

const settingIn = (environment: Environment, name: SettingName): Given => {
  const fallback = SETTINGS.find((setting) => setting.name === name)?.fallback ?? '';
  return { name, text: environment[name]?.trim() || fallback };
};

/** The data directory alone, for commands that need no other setting. */
export const readDataDir = (environment: Environment): string =>
  resolve(settingIn(environment, 'KEYHOLD_DATA_DIR').text);

/** Throws StartError with one clear line that names the setting. */
export function readConfig(environment: Environment): Config {
  const given = (name: SettingName): Given => settingIn(environment, name);
  const dataDir = readDataDir(environment);
  const listen = parseListen(given('KEYHOLD_LISTEN'));
  const tls = pair(given('KEYHOLD_TLS_CERT'), given('KEYHOLD_TLS_KEY'));
  const plainAllowed = parseBoolean(given('KEYHOLD_ALLOW_PLAIN_HTTP'));
  if (!tls && !plainAllowed && !isLoopback(listen.host)) {
    throw new StartError(
      `KEYHOLD_LISTEN is ${listen.host}, which others can reach, and TLS is off: set KEYHOLD_TLS_CERT and ` +
        'KEYHOLD_TLS_KEY, or KEYHOLD_ALLOW_PLAIN_HTTP=true where a proxy in front speaks TLS',
    );
  }
  const rootAccessKey = pair(
    unechoed(
      given('KEYHOLD_ROOT_ACCESS_KEY_ID'),
      /^[A-Za-z0-9.\-_]{4,128}$/,
      '4 to 128 letters, digits, . - _',
    ),
    unechoed(
      given('KEYHOLD_ROOT_ACCESS_KEY_SECRET'),
      /^[\x21-\x7e]{8,128}$/,
      '8 to 128 printable characters without spaces',
    ),
  );
  const passphraseFile = given('KEYHOLD_ROOT_PASSPHRASE_FILE').text;
  const rootKey = parseRootKey(given('KEYHOLD_ROOT_KEY'));
  if (rootKey === undefined && passphraseFile !== '' && environment.KEYHOLD_ROOT_KEY_FILE?.trim()) {
    throw new StartError(
      'KEYHOLD_ROOT_KEY_FILE and KEYHOLD_ROOT_PASSPHRASE_FILE are both set; unset one, or set KEYHOLD_ROOT_KEY',
    );
  }
  if (rootKey === 'passphrase' && passphraseFile === '') {
    throw new StartError('KEYHOLD_ROOT_KEY is passphrase: set KEYHOLD_ROOT_PASSPHRASE_FILE');
  }
  const hsm = readHsm(given);
  if (rootKey === 'token' && hsm === undefined) {
    throw new StartError('KEYHOLD_ROOT_KEY is token: set KEYHOLD_HSM_LIBRARY');
  }
  const regions = parseRegions(given('KEYHOLD_REGIONS'));
  const hsmRegions = parseHsmRegions(given('KEYHOLD_HSM_REGIONS'), regions);
  if (hsmRegions.length > 0 && hsm === undefined) {
    throw new StartError('KEYHOLD_HSM_REGIONS is set without KEYHOLD_HSM_LIBRARY');
  }
  const copyDir = given('KEYHOLD_CHECKPOINT_DIR').text;
  return Object.freeze({
    dataDir,
    listen,
    tls: tls && { certFile: resolve(tls[0]), keyFile: resolve(tls[1]) },
    trustedProxies: parseProxies(given('KEYHOLD_TRUSTED_PROXIES')),
    regions,
    accountId: parseAccountId(given('KEYHOLD_ACCOUNT_ID')),
    rootAccessKey: rootAccessKey && { id: rootAccessKey[0], secret: rootAccessKey[1] },
    rootKeyFile: resolve(given('KEYHOLD_ROOT_KEY_FILE').text.replace('<data>', () => dataDir)),
    passphraseFile: passphraseFile === '' ? undefined : resolve(passphraseFile),
    rootKey,
    hsm,
    hsmRegions,
    quotas: {
      keys: parseCount(given('KEYHOLD_KEY_QUOTA')),
      aliases: parseCount(given('KEYHOLD_ALIAS_QUOTA')),
      versions: parseCount(given('KEYHOLD_VERSION_QUOTA')),
    },
    rates: {
      account: parseOptionalCount(given('KEYHOLD_ACCOUNT_RATE')),
      accessKey: parseOptionalCount(given('KEYHOLD_ACCESS_KEY_RATE')),
    },
    replayCapacity: parseCount(given('KEYHOLD_REPLAY_CAPACITY')),
    keysInMemory: parseCount(given('KEYHOLD_KEYS_IN_MEMORY')),
    checkpoints: {
      entries: parseCount(given('KEYHOLD_CHECKPOINT_ENTRIES')),
      seconds: parseCount(given('KEYHOLD_CHECKPOINT_SECONDS')),
      copyDir: copyDir === '' ? undefined : resolve(copyDir),
    },
    trailRetentionDays: parseDays(given('KEYHOLD_TRAIL_RETENTION_DAYS')),
    lookupDays: parseCount(given('KEYHOLD_LOOKUP_DAYS')),
    trailBuckets: parseBuckets('KEYHOLD_TRAIL_BUCKETS', given('KEYHOLD_TRAIL_BUCKETS').text),
    deliverySeconds: parseCount(given('KEYHOLD_DELIVERY_SECONDS')),
    logLevel: parseLogLevel(given('KEYHOLD_LOG_LEVEL')),
    unknown: unknownSettings(environment),
  });
}

function wrong({ name, text }: Given, expected: string): StartError {
  return new StartError(`${name} is "${text}"; expected ${expected}`);
}

/** Of the form, or empty. The text is never quoted: people swap the halves of a key pair. */
function unechoed(given: Given, form: RegExp, expected: string): Given {
  if (given.text === '' || form.test(given.text)) return given;
  throw new StartError(`${given.name} must be ${expected}`);
}

/** Both or neither. */
function pair(a: Given, b: Given): [string, string] | undefined {
  if (a.text !== '' && b.text !== '') return [a.text, b.text];
  if (a.text === '' && b.text === '') return undefined;
  const [set, unset] = a.text === '' ? [b, a] : [a, b];
  throw new StartError(`${set.name} is set without ${unset.name}`);
}

/** The library is loaded by its path, so that no directory that is searched decides which one it is. */
function readHsm(given: (name: SettingName) => Given): TokenSettings | undefined {
  const [library, token, pinFile] = [
    given('KEYHOLD_HSM_LIBRARY'),
    given('KEYHOLD_HSM_TOKEN'),
    given('KEYHOLD_HSM_PIN_FILE'),
  ];
  const named = pair(library, token);
  const complete = pair(library, pinFile);
  if (!named || !complete) return undefined;
  return {
    library: resolve(library.text),
    token: parseToken(token),
    pinFile: resolve(pinFile.text),
    timeoutMs: parseCount(given('KEYHOLD_HSM_TIMEOUT_MS')),
    sessions: parseCount(given('KEYHOLD_HSM_SESSIONS')),
    queue: parseCount(given('KEYHOLD_HSM_QUEUE')),
  };
}

function parseToken(given: Given): TokenSettings['token'] {
  const [, slot] = /^slot:(\d{1,10})$/.exec(given.text) ?? [];
  if (slot !== undefined) return { slot: Number(slot) };
  // A label in a token has 32 bytes (PKCS#11 2.40, CK_TOKEN_INFO).
  if (given.text.startsWith('slot:') || Buffer.byteLength(given.text) > 32) {
    throw wrong(given, 'a label of at most 32 bytes, or slot:<number>');
  }
  return { label: given.text };
}

function parseRootKey(given: Given): DailyKind | undefined {
  if (given.text === '') return undefined;
  const kind = DAILY_KINDS.find((each) => each === given.text);
  if (kind === undefined) throw wrong(given, DAILY_KINDS.join(', '));
  return kind;
}

function parseAccountId(given: Given): string | undefined {
  if (given.text !== '' && !/^\d{16}$/.test(given.text)) throw wrong(given, '16 digits');
  return given.text || undefined;
}

function parseListen(given: Given): Config['listen'] {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]\s]+)):(\d{1,5})$/.exec(given.text);
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  if (!host || port > 65_535) throw wrong(given, 'host:port, such as 127.0.0.1:8300');
  return { host, port };
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

function parseProxies(given: Given): readonly IpBlock[] {
  if (given.text === '') return [];
  return given.text.split(',').map((entry) => {
    const block = parseIpBlock(entry.trim());
    if (block === undefined)
      throw wrong(given, 'addresses or CIDR blocks such as 10.0.0.0/8, separated by commas');
    return block;
  });
}

function parseRegions(given: Given): readonly string[] {
  const regions = given.text.split(',').map((region) => region.trim());
  const distinct = new Set(regions).size === regions.length;
  if (!distinct || !regions.every((region) => /^[a-z][a-z0-9-]{1,62}$/.test(region))) {
    throw wrong(given, 'distinct region ids such as cn-hangzhou, separated by commas');
  }
  return Object.freeze(regions);
}

function parseHsmRegions(given: Given, served: readonly string[]): readonly string[] {
  if (given.text === '') return [];
  const regions = parseRegions(given);
  if (!regions.every((region) => served.includes(region))) {
    throw wrong(given, `some of KEYHOLD_REGIONS, which are ${served.join(', ')}`);
  }
  return regions;
}

function parseCount(given: Given): number {
  if (!/^[1-9]\d{0,9}$/.test(given.text)) throw wrong(given, 'a whole number from 1');
  return Number(given.text);
}

/** A hundred years at most: further back there is no date to compare with. */
function parseDays(given: Given): number {
  if (!/^(0|[1-9]\d{0,4})$/.test(given.text) || Number(given.text) > 36_500) {
    throw wrong(given, 'days from 1 to 36500, or 0 for ever');
  }
  return Number(given.text);
}

const parseOptionalCount = (given: Given): number | undefined =>
  given.text === '' ? undefined : parseCount(given);

function parseBoolean(given: Given): boolean {
  if (given.text !== 'true' && given.text !== 'false') throw wrong(given, 'true or false');
  return given.text === 'true';
}

function parseLogLevel(given: Given): string {
  const levels = ['trace', 'debug', 'info', 'warn', 'error', 'silent'];
  if (!levels.includes(given.text)) throw wrong(given, levels.join(', '));
  return given.text;
}

/** KEYHOLD_ENDPOINT is the client's; KEYHOLD_SERVICE_* and KEYHOLD_PORT* are what Kubernetes sets by itself. */
function unknownSettings(environment: Environment): readonly string[] {
  const known = new Set<string>([...SETTINGS.map((setting) => setting.name), 'KEYHOLD_ENDPOINT']);
  return Object.keys(environment).filter(
    (name) => name.startsWith('KEYHOLD_') && !known.has(name) && !/^KEYHOLD_(SERVICE|PORT)/.test(name),
  );
}
