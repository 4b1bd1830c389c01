import type { Cmk, Connect, DataKeys } from '@keyhold/client/envelope/keys/data-keys.ts';
import type { KmsClient } from '@keyhold/client/kms.ts';
import { type ConnectionOptions, connectKms, servingProfile } from '../call/connection.ts';
import { UsageError } from '../exit-codes.ts';
import { readProfiles } from '../profiles/profile-file.ts';
import { parseKeyName } from './key-names.ts';

type Kms = DataKeys & Pick<KmsClient, 'DescribeKey'>;

/** Shorter than elsewhere: another region may open the file (envelope formats 4.4). */
const PATIENCE = { attempts: 3, attemptTimeoutMs: 5_000, deadlineMs: 12_000 } as const;
/** So long nobody waits for a server again that did not answer: there may be thousands of files. */
const AVOIDED_MS = 30_000;

/** The servers that the keys of one command are on: one connection per profile and region. */
export class Connections {
  readonly #given: ConnectionOptions;
  readonly #clients = new Map<string, Kms>();
  /** Of keys that were named with one. */
  readonly #profiles = new Map<string, string>();

  constructor({ endpoint, region, profile }: ConnectionOptions) {
    this.#given = { ...(endpoint && { endpoint }), ...(region && { region }), ...(profile && { profile }) };
  }

  readonly connect: Connect = (cmk) => this.#client(this.#profileFor(cmk), cmk.region);

  /** The one for a key that is named like this; also for formats whose files do not name their key. */
  connectTo(name: string): Kms {
    const { profile, region } = parseKeyName(name);
    return this.#client(profile, region);
  }

  get default(): Kms {
    return this.#client(undefined, undefined);
  }

  get region(): string | undefined {
    return this.#given.region ?? servingProfile(this.#given)?.profile.region_id;
  }

  /** An alias may name another key tomorrow: files and lists have ARNs. Throws UsageError, and what KMS says. */
  async arnOf(name: string): Promise<string> {
    const { profile, region, key, arn: known } = parseKeyName(name);
    const arn = known ?? (await this.#client(profile, region).DescribeKey({ KeyId: key })).KeyMetadata.Arn;
    if (profile !== undefined) this.#profiles.set(arn, profile);
    return arn;
  }

  async arnsOf(names: readonly string[]): Promise<string[]> {
    return [...new Set(await Promise.all(names.map((name) => this.arnOf(name))))];
  }

  /** What is configured where the command line names no keys. */
  keysOr(names: readonly string[]): readonly string[] {
    return names.length > 0 ? names : (servingProfile(this.#given)?.profile.keys ?? []);
  }

  #client(profile: string | undefined, region: string | undefined): Kms {
    const id = JSON.stringify([profile, region]);
    const known = this.#clients.get(id);
    if (known) return known;
    const { endpoint, ...others } = this.#given;
    const options = profile === undefined ? this.#given : { ...others, profile };
    const client = failingFast(connectKms({ ...options, ...(region && { region }) }, PATIENCE));
    this.#clients.set(id, client);
    return client;
  }

  /** The profile of the key's region, where neither the key nor the command line says whom to ask. */
  #profileFor({ arn, region }: Cmk): string | undefined {
    const own = this.#profiles.get(arn);
    const { endpoint = process.env.KEYHOLD_ENDPOINT?.trim(), profile } = this.#given;
    if (own !== undefined || endpoint || profile) return own;
    if (servingProfile({})?.profile.region_id === region) return undefined;
    return readProfiles().profiles.find((each) => each.region_id === region)?.name;
  }
}

function failingFast(client: KmsClient): Kms {
  let down: { readonly error: unknown; readonly until: number } | undefined;
  const guarded =
    <Parameters, Options, Answer>(call: (parameters: Parameters, options?: Options) => Promise<Answer>) =>
    async (parameters: Parameters, options?: Options): Promise<Answer> => {
      if (down && performance.now() < down.until) throw down.error;
      try {
        return await call(parameters, options);
      } catch (error) {
        if (error instanceof Error && error.name === 'KmsUnreachable') {
          down = { error, until: performance.now() + AVOIDED_MS };
        }
        throw error;
      }
    };
  return {
    GenerateDataKey: guarded(client.GenerateDataKey),
    Encrypt: guarded(client.Encrypt),
    Decrypt: guarded(client.Decrypt),
    DescribeKey: guarded(client.DescribeKey),
  };
}

export function needKeys(names: readonly string[], flag: string): readonly string[] {
  if (names.length > 0) return names;
  throw new UsageError(
    `name a key: ${flag} alias/Apollo/WorkKey, or configure one for all: keyhold configure set --key alias/Apollo/WorkKey`,
  );
}
