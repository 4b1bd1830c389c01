import type { Config } from '@keyhold/server/config.ts';
import { DEFAULT_ENDPOINT } from '../call/connection.ts';

/** Credentials of the person's shell are for another service. */
const OTHERS = [
  'ALIBABA_CLOUD_ACCESS_KEY_ID',
  'ALIBABA_CLOUD_ACCESS_KEY_SECRET',
  'ALIBABA_CLOUD_SECURITY_TOKEN',
] as const;

export interface ShellEnvironment {
  readonly variables: NodeJS.ProcessEnv;
  /** What to type so that another shell has it too. */
  readonly commands: readonly string[];
}

/** What the commands of the quickstart need to find the server, and to be let in. */
export function environmentFor(config: Config, endpoint: string): ShellEnvironment {
  const variables: NodeJS.ProcessEnv = { ...process.env, KEYHOLD_ENDPOINT: endpoint };
  const commands: string[] = [];
  if (endpoint !== DEFAULT_ENDPOINT) commands.push(`export KEYHOLD_ENDPOINT=${endpoint}`);
  const foreign = OTHERS.filter((name) => process.env[name]);
  if (foreign.length > 0) commands.push(`unset ${foreign.join(' ')}`);
  for (const name of OTHERS) delete variables[name];
  if (config.rootAccessKey) {
    variables.ALIBABA_CLOUD_ACCESS_KEY_ID = config.rootAccessKey.id;
    variables.ALIBABA_CLOUD_ACCESS_KEY_SECRET = config.rootAccessKey.secret;
    commands.push(
      'export ALIBABA_CLOUD_ACCESS_KEY_ID="$KEYHOLD_ROOT_ACCESS_KEY_ID"',
      'export ALIBABA_CLOUD_ACCESS_KEY_SECRET="$KEYHOLD_ROOT_ACCESS_KEY_SECRET"',
    );
  }
  return { variables, commands };
}

/** The address to call a server that listens on all addresses. */
export const callable = (url: string): string =>
  url.replace('//0.0.0.0:', '//127.0.0.1:').replace('//[::]:', '//[::1]:');
