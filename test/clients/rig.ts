import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { KMS } from '@keyhold/api/kms/product.ts';
import type { Product } from '@keyhold/api/product.ts';
import type { Client } from './clients.ts';
import { rigCommand } from './install.ts';
import type { Server } from './server.ts';

/** What a client made of a call: the answer as it understood it, or its own diagnosis. */
export interface Answer {
  readonly body?: unknown;
  /** `status` and `detail` (AccessDeniedDetail) only where the client tells them. */
  readonly error?: {
    readonly code: string;
    readonly status?: number;
    readonly message?: string;
    readonly detail?: Readonly<Record<string, unknown>> | null;
  };
  /** The client has no method for the operation, or no place for the named parameter. */
  readonly missing?: true | string;
}

/** Who signs, in the words of the vendor's credentials libraries; the last two types only they know. */
export interface Identity {
  readonly type: 'access_key' | 'sts' | 'ram_role_arn' | 'oidc_role_arn';
  readonly accessKeyId?: string;
  readonly accessKeySecret?: string;
  readonly securityToken?: string;
  readonly roleArn?: string;
  readonly roleSessionName?: string;
  readonly policy?: string;
  readonly externalId?: string;
  readonly oidcProviderArn?: string;
  readonly oidcTokenFilePath?: string;
}

/** A client at work in its own process: JSON lines on standard input and output. */
export interface Rig extends AsyncDisposable {
  /**
   * `parameters` are strings, numbers, booleans, maps (EncryptionContext) and lists, under their wire names.
   * The operations `seal`, `open` and `wrap` stay in the client's language: AES-GCM with `key` over `data` (Base64),
   * and `material` (Base64) wrapped by `publicKey` in the way of a WrappingAlgorithm. Signs as the account itself
   * where nobody is named.
   */
  call(
    operation: string,
    parameters: Record<string, unknown>,
    product?: Pick<Product, 'name' | 'version'>,
    as?: Identity,
  ): Promise<Answer>;
}

const DEADLINE_MS = 30_000;

export function startRig(client: Client, server: Server, secret: string): Rig {
  const { command, args, cwd } = rigCommand(client, server);
  const child = spawn(command, args, { cwd, env: environment(client, server, secret), stdio: 'pipe' });
  let complaints = '';
  child.stderr.on('data', (chunk) => {
    complaints = (complaints + chunk).slice(-2000);
  });
  child.stdin.on('error', () => {}); // the missing answer tells
  const ended = new Promise<void>((resolve) => {
    child.once('error', (error) => {
      complaints = error.message;
      resolve();
    });
    child.once('close', () => resolve());
  });
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();

  return {
    async call(operation, parameters, { name, version } = KMS, as) {
      child.stdin.write(`${JSON.stringify({ operation, parameters, product: name, version, as })}\n`);
      const timer = setTimeout(() => child.kill('SIGKILL'), DEADLINE_MS);
      const { value, done } = await answers.next();
      clearTimeout(timer);
      if (done) throw new Error(`${client.id} died or did not answer in time: ${complaints}`);
      return JSON.parse(value);
    },
    async [Symbol.asyncDispose]() {
      child.stdin.end();
      const timer = setTimeout(() => child.kill('SIGKILL'), DEADLINE_MS);
      await ended;
      clearTimeout(timer);
    },
  };
}

function environment(client: Client, server: Server, secret: string): Record<string, string | undefined> {
  const env: Record<string, string | undefined> = {
    PATH: process.env.PATH,
    HOME: process.env.HOME,
    NO_PROXY: '127.0.0.1',
    KEYHOLD_SCHEME: server.scheme,
    KEYHOLD_ENDPOINT: server.endpoint,
    KEYHOLD_ACCESS_KEY_ID: server.accessKeyId,
    KEYHOLD_ACCESS_KEY_SECRET: secret,
  };
  if (server.scheme === 'https') {
    if (client.trust === 'option') env.KEYHOLD_CA = server.authority.ca;
    else if (client.trust !== 'trust store') env[client.trust] = server.authority.ca;
  }
  return env;
}
