import { join } from 'node:path';
import type { ClientOptions } from '../client.ts';
import { type CredentialSource, firstOf } from '../credentials/credentials.ts';
import { type Environment, environmentSource } from '../credentials/environment.ts';
import { parseEndpoint } from '../sending/endpoints.ts';
import { aliyunProfileSource, type StsOptions } from './aliyun-profile.ts';
import { isLoopback, rootAccessKeySource } from './root-access-key.ts';

/**
 * Options for a client from the environment of this process, below those that are given. Credentials are looked
 * for at the first call: ALIBABA_CLOUD_ACCESS_KEY_ID and its fellows; for a server on this machine, the root
 * access key in KEYHOLD_DATA_DIR; the profile of the `aliyun` tool.
 */
export function fromEnvironment(
  given: Partial<ClientOptions> = {},
  environment: Environment = process.env,
): ClientOptions {
  const endpoint = given.endpoint ?? (environment.KEYHOLD_ENDPOINT?.trim() || undefined);
  const region = given.region ?? (environment.ALIBABA_CLOUD_REGION_ID || undefined);
  const options = { ...given, endpoint, region };
  return { ...options, credentials: given.credentials ?? firstOf(sources(options, environment)) };
}

function sources(where: StsOptions, environment: Environment): readonly CredentialSource[] {
  const urls = [where.endpoint ?? []].flat().map(parseEndpoint);
  const dataDir = environment.KEYHOLD_DATA_DIR?.trim();
  const local = dataDir && urls.length > 0 && urls.every(isLoopback);
  return [
    environmentSource(environment),
    ...(local ? [rootAccessKeySource(join(dataDir, 'root-access-key.json'))] : []),
    aliyunProfileSource(environment, where),
  ];
}
