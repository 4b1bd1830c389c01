import { isIP } from 'node:net';
import { resolve } from 'node:path';
import { StartError } from './start-error.ts';

/** Everything an operator can choose, read once and frozen. */
export interface Config {
  readonly dataDir: string;
  readonly listen: { readonly host: string; readonly port: number };
  readonly tls: { readonly certFile: string; readonly keyFile: string } | undefined;
  readonly regions: readonly string[];
  readonly accountId: string | undefined;
  readonly rootAccessKey: { readonly id: string; readonly secret: string } | undefined;
  readonly rootKeyFile: string;
  readonly passphraseFile: string | undefined;
  readonly quotas: { readonly keys: number; readonly aliases: number };
  readonly replayCapacity: number;
  readonly keysInMemory: number;
  readonly logLevel: string;
  /** Settings that look meant for us and are not known: told of at the start. */
  readonly unknown: readonly string[];
}

interface Setting {
  readonly name: string;
  readonly fallback: string;
  readonly about: string;
}

/** The page of settings, `docs/settings.md`, is written from this table. */
export const SETTINGS = [
  {
    name: 'KEYHOLD_DATA_DIR',
    fallback: './data',
    about: 'Directory of the database, the trail and the root key.',
  },
  {
    name: 'KEYHOLD_LISTEN',
    fallback: '127.0.0.1:8300',
    about: 'Address and port to listen on, `host:port` or `[v6]:port`.',
  },
  {
    name: 'KEYHOLD_TLS_CERT',
    fallback: '',
    about: 'PEM file of the certificate chain. Needs KEYHOLD_TLS_KEY.',
  },
  { name: 'KEYHOLD_TLS_KEY', fallback: '', about: 'PEM file of the private key of the certificate.' },
  {
    name: 'KEYHOLD_ALLOW_PLAIN_HTTP',
    fallback: 'false',
    about: '`true` permits plain http on an address that is not loopback, for a TLS proxy in front.',
  },
  {
    name: 'KEYHOLD_REGIONS',
    fallback: 'cn-hangzhou',
    about: 'Regions served, separated by commas. The first is the one of requests that name none.',
  },
  {
    name: 'KEYHOLD_ACCOUNT_ID',
    fallback: '',
    about:
      'Id of the first account, 16 digits; made up at the first start where unset. Later it must be that one.',
  },
  {
    name: 'KEYHOLD_ROOT_ACCESS_KEY_ID',
    fallback: '',
    about: 'First start only: root access key id of the first account, instead of a generated one.',
  },
  {
    name: 'KEYHOLD_ROOT_ACCESS_KEY_SECRET',
    fallback: '',
    about: 'First start only: its secret, 8 to 128 characters.',
  },
  {
    name: 'KEYHOLD_ROOT_KEY_FILE',
    fallback: '<data>/root-key',
    about:
      'File of the root key, mode 0600, made at the first start. Keep it on another disk, and a copy elsewhere.',
  },
  {
    name: 'KEYHOLD_ROOT_PASSPHRASE_FILE',
    fallback: '',
    about: 'File with a passphrase of at least 12 characters, used instead of a root key file.',
  },
  { name: 'KEYHOLD_KEY_QUOTA', fallback: '200', about: 'Keys per account and region.' },
  { name: 'KEYHOLD_ALIAS_QUOTA', fallback: '300', about: 'Aliases per account and region.' },
  {
    name: 'KEYHOLD_REPLAY_CAPACITY',
    fallback: '16777216',
    about: 'Request nonces remembered at most; beyond it calls are answered 429 until old ones expire.',
  },
  {
    name: 'KEYHOLD_KEYS_IN_MEMORY',
    fallback: '50000',
    about: 'Keys kept open in memory at most, 10 to 14 KB each; others are read from the database.',
  },
  { name: 'KEYHOLD_LOG_LEVEL', fallback: 'info', about: 'trace, debug, info, warn, error or silent.' },
] as const satisfies readonly Setting[];

type Name = (typeof SETTINGS)[number]['name'];
type Environment = Readonly<Record<string, string | undefined>>;

/** Throws StartError with one clear line that names the setting. */
export function readConfig(environment: Environment): Config {
  const value = (name: Name): string => {
    const setting = SETTINGS.find((each) => each.name === name);
    return environment[name]?.trim() || (setting?.fallback ?? '');
  };
  const file = (name: Name): string | undefined => (value(name) ? resolve(value(name)) : undefined);
  const dataDir = resolve(value('KEYHOLD_DATA_DIR'));
  const listen = parseListen(value('KEYHOLD_LISTEN'));
  const tls = pair('KEYHOLD_TLS_CERT', file('KEYHOLD_TLS_CERT'), 'KEYHOLD_TLS_KEY', file('KEYHOLD_TLS_KEY'));
  const plainAllowed = boolean('KEYHOLD_ALLOW_PLAIN_HTTP', value('KEYHOLD_ALLOW_PLAIN_HTTP'));
  if (!tls && !plainAllowed && !isLoopback(listen.host)) {
    throw new StartError(
      `KEYHOLD_LISTEN is ${listen.host}, which others can reach, and TLS is off: set KEYHOLD_TLS_CERT and ` +
        'KEYHOLD_TLS_KEY, or KEYHOLD_ALLOW_PLAIN_HTTP=true where a proxy in front speaks TLS',
    );
  }
  const rootPair = pair(
    'KEYHOLD_ROOT_ACCESS_KEY_ID',
    matching('KEYHOLD_ROOT_ACCESS_KEY_ID', value('KEYHOLD_ROOT_ACCESS_KEY_ID'), /^[A-Za-z0-9.\-_]{4,128}$/),
    'KEYHOLD_ROOT_ACCESS_KEY_SECRET',
    matching(
      'KEYHOLD_ROOT_ACCESS_KEY_SECRET',
      value('KEYHOLD_ROOT_ACCESS_KEY_SECRET'),
      /^[\x21-\x7e]{8,128}$/,
    ),
  );
  return Object.freeze({
    dataDir,
    listen,
    tls: tls && { certFile: tls[0], keyFile: tls[1] },
    regions: parseRegions(value('KEYHOLD_REGIONS')),
    accountId: matching('KEYHOLD_ACCOUNT_ID', value('KEYHOLD_ACCOUNT_ID'), /^\d{16}$/),
    rootAccessKey: rootPair && { id: rootPair[0], secret: rootPair[1] },
    rootKeyFile: resolve(value('KEYHOLD_ROOT_KEY_FILE').replace('<data>', () => dataDir)),
    passphraseFile: file('KEYHOLD_ROOT_PASSPHRASE_FILE'),
    quotas: {
      keys: count('KEYHOLD_KEY_QUOTA', value('KEYHOLD_KEY_QUOTA')),
      aliases: count('KEYHOLD_ALIAS_QUOTA', value('KEYHOLD_ALIAS_QUOTA')),
    },
    replayCapacity: count('KEYHOLD_REPLAY_CAPACITY', value('KEYHOLD_REPLAY_CAPACITY')),
    keysInMemory: count('KEYHOLD_KEYS_IN_MEMORY', value('KEYHOLD_KEYS_IN_MEMORY')),
    logLevel: parseLogLevel(value('KEYHOLD_LOG_LEVEL')),
    unknown: unknownSettings(environment),
  });
}

function wrong(name: Name, given: string, expected: string): StartError {
  return new StartError(`${name} is "${given}"; expected ${expected}`);
}

/** The value where it has the form; undefined where it is empty. A key pair is not echoed: people swap its halves. */
function matching(name: Name, given: string, form: RegExp): string | undefined {
  if (given === '' || form.test(given)) return given || undefined;
  if (name === 'KEYHOLD_ACCOUNT_ID') throw wrong(name, given, '16 digits');
  const what = name.endsWith('SECRET') ? 'printable characters without spaces' : 'letters, digits, . - _';
  throw new StartError(`${name} must be ${name.endsWith('SECRET') ? 8 : 4} to 128 ${what}`);
}

function pair<T>(aName: Name, a: T | undefined, bName: Name, b: T | undefined): [T, T] | undefined {
  if (a !== undefined && b !== undefined) return [a, b];
  if (a === undefined && b === undefined) return undefined;
  throw new StartError(
    `${a === undefined ? bName : aName} is set without ${a === undefined ? aName : bName}`,
  );
}

function parseListen(given: string): Config['listen'] {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]\s]+)):(\d{1,5})$/.exec(given);
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  if (!host || port > 65_535) throw wrong('KEYHOLD_LISTEN', given, 'host:port, such as 127.0.0.1:8300');
  return { host, port };
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

function parseRegions(given: string): readonly string[] {
  const regions = given.split(',').map((region) => region.trim());
  if (
    !regions.every((region) => /^[a-z][a-z0-9-]{1,62}$/.test(region)) ||
    new Set(regions).size < regions.length
  ) {
    throw wrong('KEYHOLD_REGIONS', given, 'distinct region ids such as cn-hangzhou, separated by commas');
  }
  return Object.freeze(regions);
}

function count(name: Name, given: string): number {
  if (!/^[1-9]\d{0,9}$/.test(given)) throw wrong(name, given, 'a whole number from 1');
  return Number(given);
}

function boolean(name: Name, given: string): boolean {
  if (given !== 'true' && given !== 'false') throw wrong(name, given, 'true or false');
  return given === 'true';
}

function parseLogLevel(given: string): string {
  const levels = ['trace', 'debug', 'info', 'warn', 'error', 'silent'];
  if (!levels.includes(given)) throw wrong('KEYHOLD_LOG_LEVEL', given, levels.join(', '));
  return given;
}

/** KEYHOLD_ENDPOINT is the client's; KEYHOLD_SERVICE_* and KEYHOLD_PORT* are what Kubernetes sets by itself. */
function unknownSettings(environment: Environment): readonly string[] {
  const known = new Set<string>([...SETTINGS.map((setting) => setting.name), 'KEYHOLD_ENDPOINT']);
  return Object.keys(environment).filter(
    (name) => name.startsWith('KEYHOLD_') && !known.has(name) && !/^KEYHOLD_(SERVICE|PORT)/.test(name),
  );
}
