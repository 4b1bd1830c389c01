import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { trusting } from '@keyhold/client/node/private-ca.ts';
import { parseEndpoint } from '@keyhold/client/sending/endpoints.ts';
import { DEFAULT_ENDPOINT } from '../call/connection.ts';
import { parseKeyName } from '../envelope/key-names.ts';
import { UsageError } from '../exit-codes.ts';
import { tableText } from '../table.ts';
import { visible } from '../visible.ts';
import { Asking } from './ask.ts';
import { type Profile, profilePath, readProfiles, writeProfiles } from './profile-file.ts';

export interface SetFlags {
  readonly profile?: string;
  readonly endpoint?: string;
  readonly region?: string;
  readonly caFile?: string;
  readonly mode?: string;
  readonly accessKeyId?: string;
  readonly accessKeySecretFile?: string;
  readonly stsTokenFile?: string;
  readonly ramRoleArn?: string;
  readonly roleSessionName?: string;
  readonly key?: readonly string[];
}

const MODES = ['AK', 'StsToken', 'RamRoleArn'] as const;

/** `keyhold configure`: asks. */
export async function configureCommand({ profile: name }: { readonly profile?: string }): Promise<void> {
  if (!process.stdin.isTTY) {
    throw new UsageError('there is nobody to ask: give the values to keyhold configure set');
  }
  const known = profileNamed(name);
  using asking = new Asking();
  say(`Profile ${known.name} of ${profilePath()}; an empty answer keeps what is in brackets.`);
  const or = (text: string) => (text === '-' ? '' : text);
  const words = (text: string) => or(text).split(/\s+/).filter(Boolean);
  const endpoint = await asking.ask('Endpoint', known.endpoint ?? DEFAULT_ENDPOINT, parseEndpoint);
  const caFile = await asking.ask(
    'File with the CA of its certificate, - for none',
    known.ca_file ?? '-',
    (file) => or(file) && trusting({ file }),
  );
  const region = await asking.ask('Region, - for the first of the server', known.region_id ?? '-');
  const accessKeyId = await asking.ask('AccessKeyId', known.access_key_id ?? '');
  const secret = await asking.askSecret('AccessKeySecret (not shown)', known.access_key_secret ?? '');
  const keys = await asking.ask(
    'Keys for encrypt and decrypt, with spaces between, - for none',
    known.keys?.join(' ') ?? '-',
    (names) => words(names).forEach(parseKeyName),
  );
  store(
    known,
    {
      ...{ endpoint, caFile: or(caFile), region: or(region), accessKeyId },
      key: words(keys),
      ...(known.mode ? {} : { mode: 'AK' }),
    },
    { access_key_secret: secret },
  );
}

/** `keyhold configure set`: asks nobody. Secrets come from files, or from stdin: every user can list arguments. */
export async function configureSetCommand(flags: SetFlags): Promise<void> {
  const { profile, accessKeySecretFile, stsTokenFile, ...values } = flags;
  if (Object.keys(flags).filter((flag) => flag !== 'profile').length === 0) {
    throw new UsageError('say what to set: keyhold configure set --help tells the flags');
  }
  store(profileNamed(profile), values, {
    ...(accessKeySecretFile && {
      access_key_secret: secretOf(accessKeySecretFile, '--access-key-secret-file'),
    }),
    ...(stsTokenFile && { sts_token: secretOf(stsTokenFile, '--sts-token-file') }),
  });
}

/** `keyhold configure list` */
export async function configureListCommand({ json }: { readonly json?: boolean }): Promise<void> {
  const { current, profiles } = readProfiles();
  const rows = profiles.map((each) => ({
    name: each.name,
    current: each.name === (current ?? 'default'),
    mode: each.mode ?? 'AK',
    endpoint: each.endpoint ?? '',
    region: each.region_id ?? '',
    accessKeyId: each.access_key_id ?? '',
    caFile: each.ca_file ?? '',
    keys: each.keys ?? [],
  }));
  if (json) return print(JSON.stringify({ profiles: rows }));
  if (rows.length === 0)
    throw new UsageError(`there is no profile in ${profilePath()}: make one with keyhold configure`);
  const lines = rows.map(({ name, current, mode, endpoint, region, accessKeyId, keys }) => [
    `${current ? '*' : ' '} ${name}`,
    mode,
    endpoint || '-',
    region || '-',
    accessKeyId || '-',
    keys.join(' ') || '-',
  ]);
  print(tableText([['  PROFILE', 'MODE', 'ENDPOINT', 'REGION', 'ACCESS KEY ID', 'KEYS'], ...lines]));
}

/** `keyhold configure use NAME` */
export async function configureUseCommand(name: string): Promise<void> {
  const file = readProfiles();
  if (!file.profiles.some((each) => each.name === name)) {
    throw new UsageError(`there is no profile ${name}; keyhold configure list shows those there are`);
  }
  writeProfiles({ ...file, current: name });
  print(`${name} is the current profile now`);
}

/** `keyhold configure delete NAME` */
export async function configureDeleteCommand(name: string): Promise<void> {
  const file = readProfiles();
  const profiles = file.profiles.filter((each) => each.name !== name);
  if (profiles.length === file.profiles.length) throw new UsageError(`there is no profile ${name}`);
  writeProfiles({ ...file, profiles });
  print(`${name} is deleted; its access key stays valid until it is deleted where it was made`);
}

function profileNamed(name: string | undefined): Profile {
  const { current, profiles } = readProfiles();
  const wanted = name ?? current ?? 'default';
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(wanted)) {
    throw new UsageError('--profile: a name has letters, digits, dots, - and _');
  }
  return profiles.find((each) => each.name === wanted) ?? { name: wanted };
}

type Values = Omit<SetFlags, 'profile' | 'accessKeySecretFile' | 'stsTokenFile'>;

function store(old: Profile, values: Values, secrets: Partial<Profile>): void {
  const { endpoint, caFile, region, mode, accessKeyId, ramRoleArn, roleSessionName, key } = values;
  check('--endpoint', endpoint, parseEndpoint);
  check('--ca-file', caFile, (file) => trusting({ file }));
  for (const each of key ?? []) check('--key', each, parseKeyName);
  const knownMode =
    mode === undefined ? undefined : MODES.find((each) => each.toLowerCase() === mode.toLowerCase());
  if (mode !== undefined && !knownMode)
    throw new UsageError(`--mode: ${MODES.join(', ')} is expected, not ${mode}`);
  const changes = {
    endpoint,
    ca_file: caFile && resolve(caFile),
    region_id: region,
    mode: knownMode,
    access_key_id: accessKeyId,
    ram_role_arn: ramRoleArn,
    ram_session_name: roleSessionName,
    keys: key && [...key],
    ...secrets,
  };
  const merged: Profile = { mode: 'AK', ...old };
  for (const [name, value] of Object.entries(changes)) {
    if (value === '' || (Array.isArray(value) && value.length === 0)) delete merged[name];
    else if (value !== undefined) merged[name] = value;
  }
  const file = readProfiles();
  const others = file.profiles.filter((each) => each.name !== merged.name);
  const current = file.current ?? merged.name;
  writeProfiles({ ...file, current, profiles: [...others, merged] });
  const use =
    current === merged.name ? '' : `; keyhold configure use ${merged.name} makes it the current one`;
  print(`profile ${merged.name} is stored in ${profilePath()}${use}`);
}

function check(flag: string, value: string | undefined, read: (text: string) => unknown): void {
  if (value === undefined || value === '') return;
  try {
    read(value);
  } catch (error) {
    throw new UsageError(`${flag}: ${error instanceof Error ? error.message : error}`);
  }
}

function secretOf(path: string, flag: string): string {
  try {
    const text = readFileSync(path === '-' ? 0 : path, 'utf8').trim();
    if (/^[\x21-\x7e]+$/.test(text)) return text;
  } catch (error) {
    throw new UsageError(`${flag}: ${error instanceof Error ? error.message : error}`);
  }
  throw new UsageError(`${flag}: one line is expected, and nothing else`);
}

const print = (text: string): void => void process.stdout.write(`${visible(text)}\n`);
const say = (text: string): void => void process.stderr.write(`${visible(text)}\n`);
