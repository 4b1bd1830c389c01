import { parseKeyArn } from '@keyhold/api/arn.ts';
import type { CallOptions, Connect, DataKeys } from '@keyhold/client/envelope/keys/data-keys.ts';
import type { KmsClient } from '@keyhold/client/kms.ts';
import { type ConnectionOptions, connectKms, servingProfile } from '../call/connection.ts';
import { UsageError } from '../exit-codes.ts';
import { readProfiles } from '../profiles/profile-file.ts';
import { describeError } from '../report-error.ts';
import { type KeyName, parseKeyName } from './key-names.ts';
import { say } from './outcome.ts';

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

  readonly #signal: AbortSignal | undefined;

  /** `signal` ends every call, also those whose answer others wait for: it is that of the whole command. */
  constructor({ endpoint, region, profile }: ConnectionOptions, signal?: AbortSignal) {
    this.#signal = signal;
    this.#given = { ...(endpoint && { endpoint }), ...(region && { region }), ...(profile && { profile }) };
  }

  readonly connect: Connect = ({ arn, region }) => this.#client(this.#profileFor(region, arn), region);

  /** The one for a key that is named like this. */
  connectTo(name: string): Kms {
    const { profile, region } = parseKeyName(name);
    return this.#client(profile, region);
  }

  /** For ciphertexts, which do not name their key. */
  connectToRegion(region: string): Kms {
    return this.#client(this.#profileFor(region), region);
  }

  get default(): Kms {
    return this.#client(undefined, undefined);
  }

  get region(): string | undefined {
    return this.#regionOf(undefined);
  }

  /** An alias may name another key tomorrow: files and lists have ARNs. Throws UsageError, and what KMS says. */
  async arnOf(name: string): Promise<string> {
    const parts = parseKeyName(name);
    const arn = parts.arn ?? (await this.#lookUp(parts));
    if (parts.profile !== undefined) this.#profiles.set(arn, parts.profile);
    return arn;
  }

  /** For writing: each of them has to be found. Throws as `arnOf`. */
  async arnsOf(names: readonly string[]): Promise<string[]> {
    const arns = await Promise.all(names.map((name) => this.arnOf(name)));
    arns.forEach((arn, index) => {
      const first = arns.indexOf(arn);
      if (first < index) say(`note: ${names[first]} and ${names[index]} are the same key`);
    });
    return [...new Set(arns)];
  }

  /** For reading, where one key is enough: those that can be found now. Throws as `arnOf` where none can. */
  async foundArnsOf(names: readonly string[]): Promise<string[]> {
    const found = await Promise.allSettled(names.map((name) => this.arnOf(name)));
    this.#signal?.throwIfAborted();
    const arns = found.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
    found.forEach((each, index) => {
      if (each.status === 'fulfilled') return;
      if (arns.length === 0) throw each.reason;
      say(`note: ${names[index]} could not be looked up: ${describeError(each.reason).text}`);
    });
    return [...new Set(arns)];
  }

  async #lookUp({ profile, region, key }: KeyName): Promise<string> {
    const { Arn } = (await this.#client(profile, region).DescribeKey({ KeyId: key })).KeyMetadata;
    const wanted = region ?? this.#regionOf(profile);
    const served = parseKeyArn(Arn)?.region;
    // A server takes a region that it does not serve for its first one.
    if (wanted !== undefined && wanted !== served) {
      throw new UsageError(`the server has no region ${wanted}: it answered with a key of ${served}`);
    }
    return Arn;
  }

  /** What is configured where the command line names no keys. */
  keysOr(names: readonly string[]): readonly string[] {
    return names.length > 0 ? names : (servingProfile(this.#given)?.profile.keys ?? []);
  }

  /** Where keys are whose name does not tell. */
  #regionOf(profile: string | undefined): string | undefined {
    const { region } = this.#given;
    return region ?? (servingProfile(this.#of(profile))?.profile.region_id || undefined);
  }

  /** A profile has an endpoint of its own. */
  #of(profile: string | undefined): ConnectionOptions {
    const { endpoint, ...others } = this.#given;
    return profile === undefined ? this.#given : { ...others, profile };
  }

  #client(profile: string | undefined, region: string | undefined): Kms {
    const id = JSON.stringify([profile, region]);
    const known = this.#clients.get(id);
    if (known) return known;
    const options = { ...this.#of(profile), ...(region && { region }) };
    const client = failingFast(connectKms(options, PATIENCE), this.#signal);
    this.#clients.set(id, client);
    return client;
  }

  /** The profile of the key's region, where neither the key nor the command line says whom to ask. */
  #profileFor(region: string, arn?: string): string | undefined {
    const own = arn === undefined ? undefined : this.#profiles.get(arn);
    const { endpoint = process.env.KEYHOLD_ENDPOINT?.trim(), profile } = this.#given;
    if (own !== undefined || endpoint || profile) return own;
    if (servingProfile({})?.profile.region_id === region) return undefined;
    return readProfiles().profiles.find((each) => each.region_id === region)?.name;
  }
}

function failingFast(client: KmsClient, signal: AbortSignal | undefined): Kms {
  let down: { readonly error: unknown; readonly until: number } | undefined;
  const guarded =
    <Parameters, Answer>(call: (parameters: Parameters, options?: CallOptions) => Promise<Answer>) =>
    async (parameters: Parameters, options?: CallOptions): Promise<Answer> => {
      if (down && performance.now() < down.until) throw down.error;
      try {
        return await call(parameters, { signal: options?.signal ?? signal });
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
