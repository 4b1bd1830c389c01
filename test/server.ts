import { createHmac, randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ACTIONTRAIL } from '@keyhold/api/actiontrail/product.ts';
import { KMS } from '@keyhold/api/kms/product.ts';
import type { Product } from '@keyhold/api/product.ts';
import { RAM } from '@keyhold/api/ram/product.ts';
import { canonicalQuery } from '@keyhold/api/signature/canonical-query.ts';
import { rpcStringToSign } from '@keyhold/api/signature/rpc.ts';
import { STS } from '@keyhold/api/sts/product.ts';
import { readConfig } from '@keyhold/server/config.ts';
import { type RunningServer, startServer } from '@keyhold/server/main.ts';
import { pino } from 'pino';

export const ROOT = { accessKeyId: 'LTAItestroot', accessKeySecret: 'test-root-secret' } as const;
export const ACCOUNT = '1000000000000001';

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  /** The JSON body; members are read as tests need them. */
  // biome-ignore lint/suspicious/noExplicitAny: answers of every operation, looked into by hand
  readonly body: any;
}

export type Parameters = Readonly<Record<string, string | number | boolean>>;

export interface Credentials {
  readonly accessKeyId: string;
  readonly accessKeySecret: string;
  /** Of a session. */
  readonly securityToken?: string;
}

type Caller = (action: string, parameters?: Parameters, credentials?: Credentials) => Promise<Answer>;

export interface TestServer {
  readonly url: string;
  readonly dataDir: string;
  /** An action of KMS. */
  readonly call: Caller;
  readonly ram: Caller;
  readonly sts: Caller;
  readonly actiontrail: Caller;
  /** Stops the server and starts another on the same data directory. */
  restart(environment?: Record<string, string>): Promise<void>;
  stop(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** For a server to which time passes as `now` goes on; otherwise its clock is only set. */
export const passingWith =
  (now: () => number): (() => number) =>
  () =>
    performance.now() + now();

/** A whole server in this process, on a port of its own, in a directory of its own. */
export async function startTestServer(
  environment: Record<string, string> = {},
  now: () => number = Date.now,
  steady?: () => number,
): Promise<TestServer> {
  const dataDir = await mkdtemp(join(tmpdir(), 'keyhold-test-'));
  const start = (more: Record<string, string>): Promise<RunningServer> =>
    startServer(
      readConfig({
        KEYHOLD_DATA_DIR: dataDir,
        KEYHOLD_LISTEN: '127.0.0.1:0',
        KEYHOLD_ACCOUNT_ID: ACCOUNT,
        KEYHOLD_ROOT_ACCESS_KEY_ID: ROOT.accessKeyId,
        KEYHOLD_ROOT_ACCESS_KEY_SECRET: ROOT.accessKeySecret,
        ...environment,
        ...more,
      }),
      pino({ level: 'silent' }),
      now,
      steady,
    );
  let server = await start({});
  let running = true;
  const stop = async (): Promise<void> => {
    if (running) await server.close();
    running = false;
  };
  const caller =
    ({ version }: Product): Caller =>
    (action, parameters = {}, credentials = ROOT) =>
      send(server.url, signedTarget(action, { Version: version, ...parameters }, credentials, now()));
  return {
    get url() {
      return server.url;
    },
    dataDir,
    call: caller(KMS),
    ram: caller(RAM),
    sts: caller(STS),
    actiontrail: caller(ACTIONTRAIL),
    async restart(more = {}) {
      await stop();
      server = await start(more);
      running = true;
    },
    stop,
    async [Symbol.asyncDispose]() {
      await stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** The target of a POST in RPC style, everything in the query, as the Python client sends it. */
export function signedTarget(
  action: string,
  parameters: Parameters,
  { accessKeyId, accessKeySecret, securityToken }: Credentials,
  time = Date.now(),
): string {
  const pairs = Object.entries({
    Action: action,
    Version: KMS.version,
    Format: 'JSON',
    AccessKeyId: accessKeyId,
    SignatureMethod: 'HMAC-SHA1',
    SignatureVersion: '1.0',
    SignatureNonce: randomUUID(),
    Timestamp: new Date(time).toISOString().replace(/\.\d+/, ''),
    ...(securityToken === undefined ? {} : { SecurityToken: securityToken }),
    ...parameters,
  }).map(([name, value]): [string, string] => [name, String(value)]);
  const query = canonicalQuery(pairs);
  const signature = createHmac('sha1', `${accessKeySecret}&`)
    .update(rpcStringToSign('POST', query))
    .digest('base64');
  return `/?${query}&Signature=${encodeURIComponent(signature)}`;
}

export async function send(url: string, target: string, init: RequestInit = {}): Promise<Answer> {
  const response = await fetch(url + target, { method: 'POST', ...init });
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: parse(text) };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
