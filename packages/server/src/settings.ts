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
    name: 'KEYHOLD_TRUSTED_PROXIES',
    fallback: '',
    about:
      'Addresses or CIDR blocks of proxies, separated by commas, whose X-Forwarded-For and X-Forwarded-Proto are believed.',
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
  {
    name: 'KEYHOLD_ROOT_KEY',
    fallback: '',
    about:
      'What opens the data directory: file, passphrase or token. By default the passphrase where its file is set, else the file.',
  },
  {
    name: 'KEYHOLD_HSM_LIBRARY',
    fallback: '',
    about: 'PKCS#11 library of a token (HSM). Needs KEYHOLD_HSM_TOKEN and KEYHOLD_HSM_PIN_FILE.',
  },
  {
    name: 'KEYHOLD_HSM_TOKEN',
    fallback: '',
    about: 'Label of the token, or `slot:` and the number of its slot.',
  },
  { name: 'KEYHOLD_HSM_PIN_FILE', fallback: '', about: 'File of the PIN of its user, mode 0600.' },
  {
    name: 'KEYHOLD_HSM_TIMEOUT_MS',
    fallback: '5000',
    about: 'A call to the token is given up after so many milliseconds.',
  },
  {
    name: 'KEYHOLD_HSM_SESSIONS',
    fallback: '1',
    about: 'Calls that the token works on at once: 1 for one in this machine, more for one behind a network.',
  },
  {
    name: 'KEYHOLD_HSM_QUEUE',
    fallback: '1000',
    about: 'Calls that may wait for the token; one more is refused at once.',
  },
  {
    name: 'KEYHOLD_HSM_REGIONS',
    fallback: '',
    about:
      'Regions with a Managed HSM, separated by commas: keys of ProtectionLevel HSM are made in the token there.',
  },
  { name: 'KEYHOLD_KEY_QUOTA', fallback: '200', about: 'Keys per account and region.' },
  { name: 'KEYHOLD_ALIAS_QUOTA', fallback: '300', about: 'Aliases per account and region.' },
  {
    name: 'KEYHOLD_VERSION_QUOTA',
    fallback: '10000',
    about:
      'Key versions per account and region; automatic rotation goes on beyond it, CreateKeyVersion does not.',
  },
  {
    name: 'KEYHOLD_ACCOUNT_RATE',
    fallback: '',
    about:
      'Calls per second and account; beyond it they are answered 429 with `x-acs-retry-after`. No limit where unset.',
  },
  {
    name: 'KEYHOLD_ACCESS_KEY_RATE',
    fallback: '',
    about: 'Calls per second and access key, in the same way.',
  },
  {
    name: 'KEYHOLD_REPLAY_CAPACITY',
    fallback: '20000000',
    about: 'Request nonces remembered at most; beyond it calls are answered 429 until old ones expire.',
  },
  {
    name: 'KEYHOLD_KEYS_IN_MEMORY',
    fallback: '50000',
    about: 'Keys kept open in memory at most, 10 to 14 KB each; others are read from the database.',
  },
  {
    name: 'KEYHOLD_CHECKPOINT_ENTRIES',
    fallback: '100000',
    about: 'A checkpoint of the trail is signed after so many entries.',
  },
  {
    name: 'KEYHOLD_CHECKPOINT_SECONDS',
    fallback: '60',
    about: 'Where there are entries, a checkpoint is signed at least so often.',
  },
  {
    name: 'KEYHOLD_CHECKPOINT_DIR',
    fallback: '',
    about:
      'Directory to which each checkpoint is copied as well, of this server alone; best on another machine.',
  },
  {
    name: 'KEYHOLD_TRAIL_RETENTION_DAYS',
    fallback: '0',
    about: 'Entries of the trail older than this are removed, a day later at most; 0 keeps all.',
  },
  {
    name: 'KEYHOLD_LOOKUP_DAYS',
    fallback: '90',
    about: 'How many days back LookupEvents searches, as far as the trail reaches.',
  },
  {
    name: 'KEYHOLD_TRAIL_BUCKETS',
    fallback: '',
    about:
      'What bucket names of trails stand for: `name=file:/path`, `name=s3://bucket?region=...&endpoint=...`, for one account alone `account/name=...`, separated by commas.',
  },
  {
    name: 'KEYHOLD_DELIVERY_SECONDS',
    fallback: '300',
    about: 'How often trails deliver what is new to their buckets; sooner where there is much.',
  },
  { name: 'KEYHOLD_LOG_LEVEL', fallback: 'info', about: 'trace, debug, info, warn, error or silent.' },
] as const satisfies readonly Setting[];

export type SettingName = (typeof SETTINGS)[number]['name'];
