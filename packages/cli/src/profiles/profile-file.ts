import { mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import * as z from 'zod';
import { UsageError } from '../exit-codes.ts';

const text = z.string().optional();

/** Names and meaning as in the file of the aliyun tool; the last three members are Keyhold's own. */
const Profile = z.looseObject({
  name: z.string().min(1),
  mode: text,
  access_key_id: text,
  access_key_secret: text,
  sts_token: text,
  ram_role_arn: text,
  ram_session_name: text,
  region_id: text,
  endpoint: text,
  /** Certificates, in PEM, that the server's has to be signed by. */
  ca_file: text,
  /** What `keyhold encrypt` encrypts for and `keyhold decrypt` may use where nothing else is said. */
  keys: z.array(z.string()).optional(),
});
const ProfileFile = z.looseObject({ current: text, profiles: z.array(Profile) });

export type Profile = z.output<typeof Profile>;
export type ProfileFile = z.output<typeof ProfileFile>;

export const profilePath = (): string => join(homedir(), '.keyhold', 'config.json');

/** Empty where there is no file yet. Quotes nothing of the file. */
export function readProfiles(path = profilePath()): ProfileFile {
  let content: string;
  try {
    content = readFileSync(path, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT') return { profiles: [] };
    throw new UsageError(`${path} cannot be read (${code})`);
  }
  const result = ProfileFile.safeParse(parse(content));
  if (result.success) return result.data;
  const where = result.error.issues[0]?.path.join('.') || 'it is not JSON of this kind';
  throw new UsageError(
    `${path} cannot be understood (${where}): mend it, or remove it and run keyhold configure`,
  );
}

function parse(content: string): unknown {
  try {
    return JSON.parse(content);
  } catch {
    return undefined;
  }
}

/** For its owner only, and never half written. */
export function writeProfiles(file: ProfileFile, path = profilePath()): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const temporary = `${path}.${process.pid}.new`;
  try {
    writeFileSync(temporary, `${JSON.stringify(file, null, 2)}\n`, { mode: 0o600, flag: 'wx' });
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

export interface Chosen {
  readonly profile: Profile;
  /** By `--profile`, not by being the current one. */
  readonly named: boolean;
  readonly path: string;
}

let warned = false;

/** The profile of this name; else the one ALIBABA_CLOUD_PROFILE names, if it is there; else the current one. */
export function chosenProfile(name: string | undefined): Chosen | undefined {
  const path = profilePath();
  const { current = 'default', profiles } = readProfiles(path);
  const find = (wanted: string | undefined) => profiles.find((each) => each.name === wanted);
  const profile =
    name === undefined ? (find(process.env.ALIBABA_CLOUD_PROFILE) ?? find(current)) : find(name);
  if (!profile) {
    if (name === undefined) return undefined;
    const known = profiles.map((each) => each.name).join(', ') || 'none';
    throw new UsageError(
      `--profile: ${path} has no profile ${name} (it has ${known}); make it: keyhold configure`,
    );
  }
  warnOthersMayRead(path);
  return { profile, named: name !== undefined, path };
}

function warnOthersMayRead(path: string): void {
  if (warned || process.platform === 'win32' || (statSync(path).mode & 0o077) === 0) return;
  warned = true;
  process.stderr.write(`hint: others on this machine may read ${path}; to stop that: chmod 600 ${path}\n`);
}
