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
import { isLoopback, rootAccessKeySource } from '@keyhold/client/node/root-access-key.ts';
import { parseEndpoint } from '@keyhold/client/sending/endpoints.ts';
import { rootAccessKeyFile, shown } from '../data-dir.ts';
import { UsageError } from '../exit-codes.ts';

export const DEFAULT_ENDPOINT = 'http://127.0.0.1:8300';

export interface ConnectionOptions {
  readonly endpoint?: string;
  readonly region?: string;
}

/** The KMS client for the endpoint and the credentials that options and environment name. */
export const connectKms = (options: ConnectionOptions): KmsClient => createKmsClient(clientOptions(options));

/** The same for any product: one endpoint serves all. */
export const connect = (product: Product, options: ConnectionOptions): Caller =>
  createClient(
    { version: product.version, operations: {}, host: () => new URL(DEFAULT_ENDPOINT).host },
    clientOptions(options),
  );

function clientOptions(options: ConnectionOptions): ClientOptions {
  const endpoint = readEndpoint(
    options.endpoint ?? (process.env.KEYHOLD_ENDPOINT?.trim() || DEFAULT_ENDPOINT),
  );
  return { endpoint: endpoint.origin, region: options.region, credentials: credentialsFor(endpoint) };
}

function readEndpoint(text: string): URL {
  try {
    return parseEndpoint(text);
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function credentialsFor(endpoint: URL): CredentialProvider {
  const profile = aliyunProfileSource(process.env, { endpoint: endpoint.origin });
  const provide = firstOf([
    environmentSource(process.env),
    ...(isLoopback(endpoint) ? [rootAccessKey(rootAccessKeyFile())] : []),
    announced(profile, profile.name),
  ]);
  return () =>
    provide().catch((error) => {
      throw error instanceof CredentialsError ? new UsageError(advised(error.message)) : error;
    });
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

/** Nobody is to call as somebody else without seeing it. */
const announced = ({ name, find }: CredentialSource, words: string): CredentialSource => ({
  name,
  async find() {
    const found = await find();
    if (typeof found !== 'string') process.stderr.write(`using ${words}\n`);
    return found;
  },
});

const advised = (message: string): string =>
  message.startsWith('no credentials')
    ? `${message}; set ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET`
    : message;
