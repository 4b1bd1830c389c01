import type { Product } from '@keyhold/api/product.ts';
import { type Caller, type ClientOptions, createClient } from '@keyhold/client/client.ts';
import {
  type CredentialProvider,
  type CredentialSource,
  CredentialsError,
  firstOf,
} from '@keyhold/client/credentials/credentials.ts';
import { environmentSource } from '@keyhold/client/credentials/environment.ts';
import { createKmsClient, type KmsClient } from '@keyhold/client/kms.ts';
import { aliyunProfileSource } from '@keyhold/client/node/aliyun-profile.ts';
import { trusting } from '@keyhold/client/node/private-ca.ts';
import { isLoopback, rootAccessKeySource } from '@keyhold/client/node/root-access-key.ts';
import type { Patience } from '@keyhold/client/sending/attempts.ts';
import { parseEndpoint } from '@keyhold/client/sending/endpoints.ts';
import { rootAccessKeyFile, shown } from '../data-dir.ts';
import { UsageError } from '../exit-codes.ts';
import { type Chosen, chosenProfile } from '../profiles/profile-file.ts';

export const DEFAULT_ENDPOINT = 'http://127.0.0.1:8300';

export interface ConnectionOptions {
  readonly endpoint?: string;
  readonly region?: string;
  /** Of `keyhold configure`. */
  readonly profile?: string;
}

/** The KMS client for the endpoint and the credentials that options, environment and profile name. */
export const connectKms = (options: ConnectionOptions, patience: Partial<Patience> = {}): KmsClient =>
  createKmsClient({ ...clientOptions(options), ...patience });

/** The same for any product: one endpoint serves all. */
export const connect = (product: Product, options: ConnectionOptions): Caller =>
  createClient(
    { version: product.version, operations: {}, host: () => new URL(DEFAULT_ENDPOINT).host },
    clientOptions(options),
  );

function clientOptions(options: ConnectionOptions): ClientOptions {
  const chosen = servingProfile(options);
  const profile = chosen?.profile;
  const where = options.endpoint ?? profile?.endpoint ?? endpointOfEnvironment() ?? DEFAULT_ENDPOINT;
  const region = options.region ?? (profile?.region_id || undefined);
  const endpoint = inRegion(readEndpoint(where), region);
  return {
    endpoint: endpoint.origin,
    region,
    credentials: credentialsFor(endpoint, chosen),
    ...(profile?.ca_file && { fetch: trustingFile(profile.ca_file) }),
  };
}

const endpointOfEnvironment = (): string | undefined => process.env.KEYHOLD_ENDPOINT?.trim() || undefined;

/** A profile that nobody named keeps out of the way where another endpoint is meant. */
export function servingProfile({ endpoint, profile }: ConnectionOptions): Chosen | undefined {
  const chosen = chosenProfile(profile);
  const other = endpoint ?? endpointOfEnvironment();
  const its = chosen?.profile.endpoint;
  return chosen?.named || its === undefined || other === undefined || other === its ? chosen : undefined;
}

/** The vendor has a host for each region; one endpoint of Keyhold serves all of its own. */
function inRegion(endpoint: URL, region: string | undefined): URL {
  const ofVendor = /^kms\.[a-z0-9-]+\.aliyuncs\.com$/.test(endpoint.hostname);
  if (!ofVendor || region === undefined) return endpoint;
  return readEndpoint(`${endpoint.protocol}//kms.${region}.aliyuncs.com`);
}

function trustingFile(file: string): NonNullable<ClientOptions['fetch']> {
  try {
    return trusting({ file });
  } catch (error) {
    throw new UsageError(`the CA file of the profile: ${error instanceof Error ? error.message : error}`);
  }
}

function readEndpoint(text: string): URL {
  try {
    return parseEndpoint(text);
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function credentialsFor(endpoint: URL, chosen: Chosen | undefined): CredentialProvider {
  const aliyun = aliyunProfileSource(process.env, { endpoint: endpoint.origin });
  const own = chosen?.profile.access_key_id ? [profileSource(chosen, endpoint)] : [];
  const others = [
    environmentSource(process.env),
    ...own,
    ...(isLoopback(endpoint) ? [rootAccessKey(rootAccessKeyFile())] : []),
    announced(aliyun, aliyun.name),
  ];
  const provide = firstOf(chosen?.named && own.length > 0 ? own : others);
  return () =>
    provide().catch((error) => {
      throw error instanceof CredentialsError ? new UsageError(advised(error.message)) : error;
    });
}

function profileSource({ profile, named, path }: Chosen, endpoint: URL): CredentialSource {
  const environment = { ALIBABA_CLOUD_PROFILE: profile.name };
  const source = aliyunProfileSource(environment, { endpoint: endpoint.origin }, path);
  return named ? source : announced(source, `the profile ${profile.name} of ${path}`);
}

/** Of the server on this machine, for whom may read its data directory. */
function rootAccessKey(path: string): CredentialSource {
  const source = announced(rootAccessKeySource(path), `the root access key in ${shown(path)}`);
  const find = async () => {
    const found = await source.find();
    return typeof found === 'string'
      ? `${found}: set KEYHOLD_DATA_DIR to the server's data directory`
      : found;
  };
  return { name: source.name, find };
}

const said = new Set<string>();

/** Nobody is to call as somebody else without seeing it; once is enough for several regions. */
const announced = ({ name, find }: CredentialSource, words: string): CredentialSource => ({
  name,
  async find() {
    const found = await find();
    if (typeof found !== 'string' && !said.has(words)) process.stderr.write(`using ${words}\n`);
    said.add(words);
    return found;
  },
});

const advised = (message: string): string =>
  message.startsWith('no credentials')
    ? `${message}; set ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET`
    : message;
