import assert from 'node:assert/strict';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { type Config, readConfig } from './config.ts';
import { SETTINGS } from './settings.ts';
import { StartError } from './start-error.ts';

type Environment = Readonly<Record<string, string>>;
type Name = (typeof SETTINGS)[number]['name'];

interface Examples {
  /** What else must be set for the good ones. */
  readonly beside?: Environment;
  /** Given, and what of the Config it becomes. */
  readonly good: readonly (readonly [given: string, read: (config: Config) => unknown, value: unknown])[];
  readonly bad: readonly string[];
}

const SECRET = 'a-secret/with+signs=';
const TOKEN = {
  KEYHOLD_HSM_LIBRARY: '/p11.so',
  KEYHOLD_HSM_TOKEN: 'keyhold',
  KEYHOLD_HSM_PIN_FILE: '/pin',
};
const countable = (read: (config: Config) => unknown): Examples => ({
  good: [
    ['1', read, 1],
    [' 500 ', read, 500],
    ['9999999999', read, 9_999_999_999],
  ],
  bad: ['0', '-1', '1.5', '1e3', '0x10', '١', '10000000000', 'many', '1 000'],
});

const EXAMPLES: Readonly<Record<Name, Examples>> = {
  KEYHOLD_DATA_DIR: {
    good: [
      ['/srv/keyhold', (config) => config.dataDir, '/srv/keyhold'],
      ['here', (config) => config.dataDir, resolve('here')],
      ['/srv/$& dir', (config) => config.rootKeyFile, '/srv/$& dir/root-key'],
    ],
    bad: [],
  },
  KEYHOLD_LISTEN: {
    good: [
      ['127.0.0.1:8300', (config) => config.listen, { host: '127.0.0.1', port: 8300 }],
      ['127.8.8.8:0', (config) => config.listen, { host: '127.8.8.8', port: 0 }],
      ['localhost:65535', (config) => config.listen, { host: 'localhost', port: 65_535 }],
      ['[::1]:1', (config) => config.listen, { host: '::1', port: 1 }],
    ],
    bad: [
      '8300',
      ':8300',
      '127.0.0.1',
      '127.0.0.1:',
      '127.0.0.1:65536',
      '::1:8300',
      '[::1]',
      'a b:1',
      'http://h:1',
    ],
  },
  KEYHOLD_TLS_CERT: {
    beside: { KEYHOLD_TLS_KEY: '/k.pem' },
    good: [['/c.pem', (config) => config.tls, { certFile: '/c.pem', keyFile: '/k.pem' }]],
    bad: [],
  },
  KEYHOLD_TLS_KEY: {
    beside: { KEYHOLD_TLS_CERT: '/c.pem' },
    good: [['k.pem', (config) => config.tls?.keyFile, resolve('k.pem')]],
    bad: [],
  },
  KEYHOLD_ALLOW_PLAIN_HTTP: {
    beside: { KEYHOLD_LISTEN: '0.0.0.0:8300' },
    good: [['true', (config) => config.listen.host, '0.0.0.0']],
    bad: ['yes', '1', 'TRUE', 'truetrue'],
  },
  KEYHOLD_REGIONS: {
    good: [
      ['cn-hangzhou', (config) => config.regions, ['cn-hangzhou']],
      ['eu-central-1, cn-heyuan-acdr-1', (config) => config.regions, ['eu-central-1', 'cn-heyuan-acdr-1']],
    ],
    bad: [',', 'a,', 'cn-hangzhou,cn-hangzhou', 'CN', 'cn hangzhou', 'cn:x', '1-cn', 'x'],
  },
  KEYHOLD_ACCOUNT_ID: {
    good: [
      ['1000000000000001', (config) => config.accountId, '1000000000000001'],
      ['', (config) => config.accountId, undefined],
    ],
    bad: [
      '1',
      '100000000000000',
      '10000000000000010',
      '100000000000000a',
      '１０００００００００００００００１',
    ],
  },
  KEYHOLD_ROOT_ACCESS_KEY_ID: {
    beside: { KEYHOLD_ROOT_ACCESS_KEY_SECRET: SECRET },
    good: [['LTAIroot', (config) => config.rootAccessKey, { id: 'LTAIroot', secret: SECRET }]],
    bad: ['abc', 'with space', 'with/slash', 'x'.repeat(129)],
  },
  KEYHOLD_ROOT_ACCESS_KEY_SECRET: {
    beside: { KEYHOLD_ROOT_ACCESS_KEY_ID: 'LTAIroot' },
    good: [[SECRET, (config) => config.rootAccessKey?.secret, SECRET]],
    bad: ['seven77', 'with a space inside', `${SECRET}é`, 'z'.repeat(129)],
  },
  KEYHOLD_ROOT_KEY_FILE: {
    beside: { KEYHOLD_DATA_DIR: '/srv' },
    good: [
      ['/mnt/key', (config) => config.rootKeyFile, '/mnt/key'],
      ['key', (config) => config.rootKeyFile, resolve('key')],
      ['', (config) => config.rootKeyFile, '/srv/root-key'],
      ['  ', (config) => config.rootKeyFile, '/srv/root-key'],
    ],
    bad: [],
  },
  KEYHOLD_ROOT_PASSPHRASE_FILE: {
    good: [
      ['/run/secrets/p', (config) => config.passphraseFile, '/run/secrets/p'],
      ['', (config) => config.passphraseFile, undefined],
    ],
    bad: [],
  },
  KEYHOLD_ROOT_KEY: {
    beside: { ...TOKEN, KEYHOLD_ROOT_PASSPHRASE_FILE: '/p' },
    good: [
      ['file', (config) => config.rootKey, 'file'],
      ['passphrase', (config) => config.rootKey, 'passphrase'],
      ['token', (config) => config.rootKey, 'token'],
      ['', (config) => config.rootKey, undefined],
    ],
    bad: ['shares', 'File', 'hsm'],
  },
  KEYHOLD_HSM_LIBRARY: {
    beside: TOKEN,
    good: [
      ['/usr/lib/p11.so', (config) => config.hsm?.library, '/usr/lib/p11.so'],
      ['p11.so', (config) => config.hsm?.library, resolve('p11.so')],
    ],
    bad: [''],
  },
  KEYHOLD_HSM_TOKEN: {
    beside: TOKEN,
    good: [
      ['keyhold root', (config) => config.hsm?.token, { label: 'keyhold root' }],
      ['7', (config) => config.hsm?.token, { label: '7' }],
      ['slot:7', (config) => config.hsm?.token, { slot: 7 }],
    ],
    bad: ['', 'slot:', 'slot:x', 'slot:-1', 'x'.repeat(33)],
  },
  KEYHOLD_HSM_PIN_FILE: {
    beside: TOKEN,
    good: [['/run/pin', (config) => config.hsm?.pinFile, '/run/pin']],
    bad: [''],
  },
  KEYHOLD_HSM_TIMEOUT_MS: { beside: TOKEN, ...countable((config) => config.hsm?.timeoutMs) },
  KEYHOLD_HSM_SESSIONS: { beside: TOKEN, ...countable((config) => config.hsm?.sessions) },
  KEYHOLD_HSM_QUEUE: { beside: TOKEN, ...countable((config) => config.hsm?.queue) },
  KEYHOLD_HSM_REGIONS: {
    beside: { ...TOKEN, KEYHOLD_REGIONS: 'cn-hangzhou,cn-beijing' },
    good: [
      ['cn-beijing', (config) => config.hsmRegions, ['cn-beijing']],
      [' cn-beijing , cn-hangzhou ', (config) => config.hsmRegions, ['cn-beijing', 'cn-hangzhou']],
      ['', (config) => config.hsmRegions, []],
    ],
    bad: ['cn-shanghai', 'cn-beijing,cn-beijing', 'cn-beijing,'],
  },
  KEYHOLD_TRUSTED_PROXIES: {
    good: [
      ['10.0.0.0/8, ::1', (config) => config.trustedProxies.map(({ bits }) => bits), [8, 128]],
      ['', (config) => config.trustedProxies, []],
    ],
    bad: ['10.0.0', '10.0.0.0/33', 'proxy', '10.0.0.1,'],
  },
  KEYHOLD_ACCOUNT_RATE: countable((config) => config.rates.account),
  KEYHOLD_ACCESS_KEY_RATE: countable((config) => config.rates.accessKey),
  KEYHOLD_KEY_QUOTA: countable((config) => config.quotas.keys),
  KEYHOLD_ALIAS_QUOTA: countable((config) => config.quotas.aliases),
  KEYHOLD_VERSION_QUOTA: countable((config) => config.quotas.versions),
  KEYHOLD_REPLAY_CAPACITY: countable((config) => config.replayCapacity),
  KEYHOLD_KEYS_IN_MEMORY: countable((config) => config.keysInMemory),
  KEYHOLD_CHECKPOINT_ENTRIES: countable((config) => config.checkpoints.entries),
  KEYHOLD_CHECKPOINT_SECONDS: countable((config) => config.checkpoints.seconds),
  KEYHOLD_CHECKPOINT_DIR: {
    good: [
      ['/mnt/proof', (config) => config.checkpoints.copyDir, '/mnt/proof'],
      ['', (config) => config.checkpoints.copyDir, undefined],
    ],
    bad: [],
  },
  KEYHOLD_TRAIL_RETENTION_DAYS: {
    good: [
      ['0', (config) => config.trailRetentionDays, 0],
      ['36500', (config) => config.trailRetentionDays, 36_500],
    ],
    bad: ['-1', '1.5', '36501', '090', '90d', 'never'],
  },
  KEYHOLD_LOOKUP_DAYS: {
    good: [['365', (config) => config.lookupDays, 365]],
    bad: ['0', '-1', '1.5', '90d'],
  },
  KEYHOLD_TRAIL_BUCKETS: {
    good: [
      ['', (config) => config.trailBuckets, []],
      [
        'audit=file:/srv/audit',
        (config) => config.trailBuckets,
        [{ name: 'audit', accountId: undefined, place: { kind: 'directory', path: '/srv/audit' } }],
      ],
    ],
    bad: ['audit', 'audit=/srv/audit', 'Audit=file:/srv/audit', 'audit=s3://id:a-secret@bucket'],
  },
  KEYHOLD_DELIVERY_SECONDS: countable((config) => config.deliverySeconds),
  KEYHOLD_LOG_LEVEL: {
    good: [
      ['silent', (config) => config.logLevel, 'silent'],
      ['trace', (config) => config.logLevel, 'trace'],
    ],
    bad: ['loud', 'INFO', 'fatal'],
  },
};

/** One line that names the setting. */
const refuses = (environment: Environment, name: string) =>
  assert.throws(
    () => readConfig(environment),
    (error: Error) => {
      assert.ok(error instanceof StartError, String(error));
      assert.ok(error.message.includes(name), error.message);
      assert.ok(!error.message.includes('\n'));
      return true;
    },
    JSON.stringify(environment),
  );

for (const { name } of SETTINGS) {
  test(`${name}: what is accepted and what is refused`, () => {
    const { beside = {}, good, bad } = EXAMPLES[name];
    assert.ok(good.length > 0);
    for (const [given, read, value] of good) {
      assert.deepEqual(read(readConfig({ ...beside, [name]: given })), value, given);
    }
    for (const given of bad) refuses({ ...beside, [name]: given }, name);
  });
}

test('nothing set: a server for this machine alone', () => {
  const config = readConfig({});
  assert.deepEqual(config, {
    dataDir: resolve('data'),
    listen: { host: '127.0.0.1', port: 8300 },
    tls: undefined,
    trustedProxies: [],
    regions: ['cn-hangzhou'],
    accountId: undefined,
    rootAccessKey: undefined,
    rootKeyFile: join(resolve('data'), 'root-key'),
    passphraseFile: undefined,
    rootKey: undefined,
    hsm: undefined,
    hsmRegions: [],
    quotas: { keys: 200, aliases: 300, versions: 10_000 },
    rates: { account: undefined, accessKey: undefined },
    replayCapacity: 20_000_000,
    keysInMemory: 50_000,
    checkpoints: { entries: 100_000, seconds: 60, copyDir: undefined },
    trailRetentionDays: 0,
    lookupDays: 90,
    trailBuckets: [],
    deliverySeconds: 300,
    logLevel: 'info',
    unknown: [],
  });
  assert.ok(Object.isFrozen(config));
});

test('an address that others reach needs TLS or a word that it is meant', () => {
  const open = [
    '0.0.0.0:8300',
    '[::]:8300',
    '10.0.0.1:1',
    'kms.example.com:443',
    '127.evil.example:1',
    '1270.0.0.1:1',
  ];
  const tls = { KEYHOLD_TLS_CERT: '/c', KEYHOLD_TLS_KEY: '/k' };
  for (const KEYHOLD_LISTEN of [...open, '[::ffff:127.0.0.1]:1']) {
    refuses({ KEYHOLD_LISTEN }, 'KEYHOLD_TLS_CERT');
    refuses({ KEYHOLD_LISTEN, KEYHOLD_ALLOW_PLAIN_HTTP: 'false' }, 'KEYHOLD_ALLOW_PLAIN_HTTP');
    readConfig({ KEYHOLD_LISTEN, KEYHOLD_ALLOW_PLAIN_HTTP: 'true' });
    readConfig({ KEYHOLD_LISTEN, ...tls });
  }
});

test('of two that belong together, one alone is refused and both are named', () => {
  const pairs: readonly (readonly [string, string, string])[] = [
    ['KEYHOLD_TLS_CERT', 'KEYHOLD_TLS_KEY', '/pem'],
    ['KEYHOLD_ROOT_ACCESS_KEY_ID', 'KEYHOLD_ROOT_ACCESS_KEY_SECRET', 'LTAIexample'],
  ];
  for (const [a, b, value] of pairs) {
    refuses({ [a]: value }, `${a} is set without ${b}`);
    refuses({ [b]: value }, `${b} is set without ${a}`);
  }
});

test('two root keys at once are refused', () => {
  const both = { KEYHOLD_ROOT_KEY_FILE: '/key', KEYHOLD_ROOT_PASSPHRASE_FILE: '/p' };
  refuses(both, 'KEYHOLD_ROOT_KEY_FILE and KEYHOLD_ROOT_PASSPHRASE_FILE are both set; unset one');
  for (const rootKey of ['file', 'passphrase']) {
    assert.equal(readConfig({ ...both, KEYHOLD_ROOT_KEY: rootKey }).rootKey, rootKey);
  }
});

test('a root key that the other settings do not lead to is refused', () => {
  refuses({ KEYHOLD_ROOT_KEY: 'passphrase' }, 'set KEYHOLD_ROOT_PASSPHRASE_FILE');
  refuses({ KEYHOLD_ROOT_KEY: 'token' }, 'set KEYHOLD_HSM_LIBRARY');
  refuses({ KEYHOLD_HSM_REGIONS: 'cn-hangzhou' }, 'without KEYHOLD_HSM_LIBRARY');
});

test('no error line echoes the secret, wherever it was put', () => {
  const pair = { KEYHOLD_ROOT_ACCESS_KEY_ID: 'LTAIroot', KEYHOLD_ROOT_ACCESS_KEY_SECRET: SECRET };
  const wrongs: readonly Environment[] = [
    { ...pair, KEYHOLD_ROOT_ACCESS_KEY_SECRET: `${SECRET} ${SECRET}` },
    { ...pair, KEYHOLD_ROOT_ACCESS_KEY_ID: '' },
    { KEYHOLD_ROOT_ACCESS_KEY_ID: SECRET, KEYHOLD_ROOT_ACCESS_KEY_SECRET: 'LTAIroot' },
    { ...pair, KEYHOLD_LISTEN: 'nowhere' },
    { ...pair, KEYHOLD_LOG_LEVEL: 'loud' },
  ];
  for (const environment of wrongs) {
    assert.throws(
      () => readConfig(environment),
      (error: Error) => error instanceof StartError && !error.message.includes(SECRET),
    );
  }
});

test('a setting that is not known is told of by name; those of others are not', () => {
  const { unknown } = readConfig({
    KEYHOLD_REGION: 'cn-hangzhou',
    KEYHOLD_ENDPOINT: 'x',
    KEYHOLD_SERVICE_HOST: 'x',
    KEYHOLD_PORT: 'tcp://x',
    KEYHOLD_PORT_8300_TCP: 'x',
    PATH: '/bin',
  });
  assert.deepEqual(unknown, ['KEYHOLD_REGION']);
});
