import { homedir } from 'node:os';
import { join } from 'node:path';
import * as z from 'zod';
import type { ClientOptions } from '../client.ts';
import { assumeRole } from '../credentials/assume-role.ts';
import {
  type CredentialProvider,
  type CredentialSource,
  CredentialsError,
} from '../credentials/credentials.ts';
import type { Environment } from '../credentials/environment.ts';
import { readJsonFile } from './json-file.ts';

/** What is used of the file; the tool writes members that a mode does not need as empty texts, or not at all. */
const member = z.string().optional();
const Profile = z.object({
  name: z.string(),
  mode: member,
  access_key_id: member,
  access_key_secret: member,
  sts_token: member,
  sts_region: member,
  sts_endpoint: member,
  ram_role_arn: member,
  ram_session_name: member,
  external_id: member,
  expired_seconds: z.number().optional(),
});
const ConfigFile = z.object({ current: member, profiles: z.array(Profile) });
type Profile = z.output<typeof Profile>;

/** Where sessions of a role come from, when the profile does not say. */
export type StsOptions = Omit<ClientOptions, 'credentials'>;

type Mode = (profile: Profile, path: string, sts: StsOptions) => CredentialProvider;

const fixed: Mode = (profile, path) => {
  const credentials = pairOf(profile, path);
  return async () => credentials;
};

/** By the tool's names, which it compares without regard to case. */
const MODES: ReadonlyMap<string, Mode> = new Map([
  ['ak', (profile, path, sts) => fixed({ ...profile, sts_token: '' }, path, sts)],
  [
    'ststoken',
    (profile, path, sts) => fixed({ ...profile, sts_token: need(profile, 'sts_token', path) }, path, sts),
  ],
  ['ramrolearn', roleOf],
] satisfies [string, Mode][]);

/** A profile of the vendor's command line tool: the one `ALIBABA_CLOUD_PROFILE` names, else its current one. */
export const aliyunProfileSource = (
  environment: Environment,
  sts: StsOptions = {},
  path = join(homedir(), '.aliyun', 'config.json'),
): CredentialSource => ({
  name: `the profile file ${path}`,
  async find() {
    if (environment.ALIBABA_CLOUD_CLI_PROFILE_DISABLED?.toLowerCase() === 'true') return 'disabled';
    const file = await readJsonFile(path, ConfigFile);
    if (file === undefined) return 'there is none';
    const name = environment.ALIBABA_CLOUD_PROFILE || file.current || 'default';
    const profile = file.profiles.find((each) => each.name === name);
    if (profile === undefined) return `it has no profile ${name}`;
    const mode = MODES.get((profile.mode || 'AK').toLowerCase());
    if (mode === undefined) return `the mode ${profile.mode} of its profile ${name} is not understood here`;
    return mode(profile, path, sts);
  },
});

function roleOf(profile: Profile, path: string, sts: StsOptions): CredentialProvider {
  const role = {
    roleArn: need(profile, 'ram_role_arn', path),
    sessionName: profile.ram_session_name || undefined,
    durationSeconds: profile.expired_seconds || 900, // the tool's own default
    externalId: profile.external_id || undefined,
  };
  return assumeRole(role, { ...sts, ...stsOf(profile, sts), credentials: pairOf(profile, path) });
}

/** One endpoint of Keyhold serves all products; those of the vendor serve one each. */
function stsOf(profile: Profile, { endpoint, region }: StsOptions): Pick<StsOptions, 'endpoint' | 'region'> {
  // As the tool does: without regard to a scheme, and always https.
  if (profile.sts_endpoint)
    return { endpoint: `https://${profile.sts_endpoint.replace(/^https?:\/\//, '')}` };
  const ofVendor = [endpoint ?? []].flat().every((each) => /\.aliyuncs\.com$/.test(new URL(each).hostname));
  return ofVendor ? { endpoint: undefined, region: profile.sts_region || region } : { endpoint };
}

const pairOf = (profile: Profile, path: string) => ({
  accessKeyId: need(profile, 'access_key_id', path),
  accessKeySecret: need(profile, 'access_key_secret', path),
  securityToken: profile.sts_token || undefined,
});

function need(profile: Profile, name: keyof Profile, path: string): string {
  const value = profile[name];
  if (typeof value === 'string' && value !== '') return value;
  throw new CredentialsError(`${path}: the profile ${profile.name} has no ${name}; run aliyun configure`);
}
