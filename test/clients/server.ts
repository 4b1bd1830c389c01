import { execFileSync, spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { get as getHttp } from 'node:http';
import { get as getHttps } from 'node:https';
import { createServer } from 'node:net';
import { newSoftHsm } from '@keyhold/server/hsm/test-kit/soft-hsm.ts';
import { settingsOf } from '../hsm/hsm-server.ts';
import { ROOT } from './install.ts';
import { startWorkload, type Workload } from './workload.ts';
import { beginImports, type Import, type ProtectionLevel } from './yesterday.ts';

export type Scheme = 'http' | 'https';

/** A private certificate authority and a certificate of the server, as files. */
export interface Authority {
  readonly ca: string;
  readonly certificate: string;
  readonly key: string;
  /** The CA as Java wants it; undefined without `keytool`. */
  readonly trustStore: string | undefined;
}

export function makeAuthority(directory: string, forJava: boolean): Authority {
  const path = (name: string) => `${directory}/${name}`;
  const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: directory, stdio: 'pipe' });
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  openssl(
    'req',
    '-x509',
    ...newKey,
    '-keyout',
    'ca.key',
    '-out',
    'ca.pem',
    '-subj',
    '/CN=Keyhold test CA',
    '-days',
    '2',
  );
  openssl('req', ...newKey, '-keyout', 'server.key', '-out', 'server.csr', '-subj', '/CN=localhost');
  writeFileSync(path('san'), 'subjectAltName=IP:127.0.0.1,DNS:localhost\n');
  const signedBy = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-extfile', 'san', '-days', '2'];
  openssl('x509', '-req', '-in', 'server.csr', '-out', 'server.pem', ...signedBy);
  if (forJava) {
    const store = ['-keystore', path('trust.p12'), '-storepass', 'changeit', '-noprompt'];
    execFileSync('keytool', ['-importcert', '-alias', 'ca', '-file', path('ca.pem'), ...store], {
      stdio: 'pipe',
    });
  }
  return {
    ca: path('ca.pem'),
    certificate: path('server.pem'),
    key: path('server.key'),
    trustStore: forJava ? path('trust.p12') : undefined,
  };
}

/** A real server with a Managed HSM, started through the public command. */
export interface Server extends AsyncDisposable {
  readonly scheme: Scheme;
  /** `host:port`, as clients take it. */
  readonly endpoint: string;
  readonly authority: Authority;
  readonly accessKeyId: string;
  readonly accessKeySecret: string;
  readonly workload: Workload;
  /** Imports that were begun a day ago. */
  readonly stale: Readonly<Record<ProtectionLevel, Import>>;
  /** The end of what it wrote. */
  log(): string;
}

export const ACCOUNT = '1234567890123456';
const START_DEADLINE_MS = 30_000;

export async function startServer(
  scheme: Scheme,
  authority: Authority,
  dataDirectory: string,
): Promise<Server> {
  const endpoint = `127.0.0.1:${await freePort()}`;
  const accessKeyId = 'LTAI5tClientsOfKeyhold01';
  const accessKeySecret = 'AnInventedSecret:+/=*~&%';
  const tls = { KEYHOLD_TLS_CERT: authority.certificate, KEYHOLD_TLS_KEY: authority.key };
  const hsm = newSoftHsm();
  // Whatever becomes of the server.
  process.once('exit', () => hsm[Symbol.dispose]());
  const settings = {
    ...settingsOf(hsm),
    // Other tests wait for it to pass, and so have less.
    KEYHOLD_HSM_TIMEOUT_MS: '5000',
    KEYHOLD_DATA_DIR: dataDirectory,
    KEYHOLD_LISTEN: endpoint,
    KEYHOLD_ACCOUNT_ID: ACCOUNT,
    KEYHOLD_ROOT_ACCESS_KEY_ID: accessKeyId,
    KEYHOLD_ROOT_ACCESS_KEY_SECRET: accessKeySecret,
    KEYHOLD_REGIONS: 'cn-hangzhou',
  };
  const stale = await beginImports(settings, { accessKeyId, accessKeySecret });
  const child = spawn(`${ROOT}node_modules/.bin/keyhold`, ['serve'], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: `${ROOT}node_modules/.bin:${process.env.PATH}`,
      HOME: process.env.HOME,
      SOFTHSM2_CONF: process.env.SOFTHSM2_CONF,
      ...settings,
      ...(scheme === 'https' && tls),
    },
  });
  let log = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      log = (log + chunk).slice(-4000);
    });
  }
  let running = true;
  const ended = new Promise<void>((resolve) => {
    child.once('error', (error) => {
      log += error.message;
      running = false;
      resolve();
    });
    child.once('close', () => {
      running = false;
      resolve();
    });
  });

  const stop = async () => {
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), START_DEADLINE_MS);
    await ended;
    clearTimeout(timer);
  };

  const deadline = Date.now() + START_DEADLINE_MS;
  while (!(await isHealthy(scheme, endpoint, authority))) {
    if (!running || Date.now() > deadline) {
      child.kill('SIGKILL');
      throw new Error(`the server did not start (${scheme}):\n${log}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  const workload = await startWorkload(ACCOUNT, dataDirectory, {
    PATH: `${ROOT}node_modules/.bin:${process.env.PATH}`,
    HOME: process.env.HOME,
    KEYHOLD_ENDPOINT: `${scheme}://${endpoint}`,
    ALIBABA_CLOUD_ACCESS_KEY_ID: accessKeyId,
    ALIBABA_CLOUD_ACCESS_KEY_SECRET: accessKeySecret,
    NODE_EXTRA_CA_CERTS: authority.ca,
  }).catch(async (error) => {
    await stop();
    throw new Error(`the workload could not be registered: ${error}\n${log}`);
  });
  return {
    scheme,
    endpoint,
    authority,
    accessKeyId,
    accessKeySecret,
    workload,
    stale,
    log: () => log,
    async [Symbol.asyncDispose]() {
      await stop();
      await workload[Symbol.asyncDispose]();
    },
  };
}

function isHealthy(scheme: Scheme, endpoint: string, authority: Authority): Promise<boolean> {
  return new Promise((resolve) => {
    const url = `${scheme}://${endpoint}/healthz`;
    const options = { agent: false, timeout: 2000 } as const;
    const request =
      scheme === 'https'
        ? getHttps(url, { ...options, ca: readFileSync(authority.ca) })
        : getHttp(url, options);
    request.on('response', (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    request.on('timeout', () => request.destroy());
    request.on('error', () => resolve(false));
  });
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}
