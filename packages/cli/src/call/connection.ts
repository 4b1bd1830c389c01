import { readFile } from 'node:fs/promises';
import { type Client, createClient, parseEndpoint } from '@keyhold/client/client.ts';
import type { Credentials } from '@keyhold/client/sign-acs3.ts';
import { rootAccessKeyFile, shown } from '../data-dir.ts';
import { UsageError } from '../exit-codes.ts';

export const DEFAULT_ENDPOINT = 'http://127.0.0.1:8300';

export interface ConnectionOptions {
  readonly endpoint?: string;
  readonly region?: string;
}

/** The client for the endpoint and the credentials that options and environment name. */
export async function connect(options: ConnectionOptions): Promise<Client> {
  const endpoint = readEndpoint(
    options.endpoint ?? (process.env.KEYHOLD_ENDPOINT?.trim() || DEFAULT_ENDPOINT),
  );
  const credentials = await credentialsFor(endpoint);
  return createClient({ endpoint: endpoint.origin, region: options.region, ...credentials });
}

function readEndpoint(text: string): URL {
  try {
    return parseEndpoint(text);
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

async function credentialsFor(endpoint: URL): Promise<Credentials> {
  const {
    ALIBABA_CLOUD_ACCESS_KEY_ID: accessKeyId = '',
    ALIBABA_CLOUD_ACCESS_KEY_SECRET: accessKeySecret = '',
    ALIBABA_CLOUD_SECURITY_TOKEN: securityToken,
  } = process.env;
  if (accessKeyId && accessKeySecret) {
    return { accessKeyId, accessKeySecret, securityToken: securityToken || undefined };
  }
  if (accessKeyId || accessKeySecret) {
    const missing = accessKeyId ? 'ALIBABA_CLOUD_ACCESS_KEY_SECRET' : 'ALIBABA_CLOUD_ACCESS_KEY_ID';
    throw new UsageError(`${missing} is not set, but its other half is`);
  }
  if (isLoopback(endpoint)) return rootAccessKey();
  throw new UsageError('no credentials: set ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET');
}

/** Of the server on this machine, for whom may read its data directory. */
async function rootAccessKey(): Promise<Credentials> {
  const path = rootAccessKeyFile();
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new UsageError(
      `no credentials: set ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET, or KEYHOLD_DATA_DIR ` +
        `to the server's data directory (${shown(path)}: ${error.code})`,
    );
  });
  process.stderr.write(`using the root access key in ${shown(path)}\n`);
  const pair = parse(text);
  if (typeof pair?.AccessKeyId === 'string' && typeof pair.AccessKeySecret === 'string') {
    return { accessKeyId: pair.AccessKeyId, accessKeySecret: pair.AccessKeySecret };
  }
  throw new UsageError(`${path} holds no access key pair`);
}

function parse(text: string): Partial<Record<'AccessKeyId' | 'AccessKeySecret', unknown>> | null {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** For other machines the pair of this one is never taken. */
function isLoopback({ hostname }: URL): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d+){3}$/.test(hostname);
}
