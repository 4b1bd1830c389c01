import { execFile, spawn } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { ROOT } from './install.ts';

const REQUIREMENTS = `${ROOT}test/clients/rigs/moto/requirements.txt`;
const INSTALLED = `${ROOT}.clients/moto`;
const START_DEADLINE_MS = 30_000;

/** A store that speaks as S3 does, in memory: what it held is gone when it ends. */
export interface S3Server extends AsyncDisposable {
  readonly url: string;
  /** Bytes by name. */
  objects(bucket: string): Promise<ReadonlyMap<string, Buffer>>;
  makeBucket(bucket: string): Promise<void>;
}

/** Installs moto at the pinned versions, unless it is there already. */
export async function installMoto(): Promise<void> {
  const pins = readFileSync(REQUIREMENTS, 'utf8');
  const stamp = `${INSTALLED}/pins`;
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === pins) return;
  rmSync(INSTALLED, { recursive: true, force: true });
  const run = promisify(execFile);
  await run('python3', ['-m', 'venv', INSTALLED]);
  const install = ['-m', 'pip', 'install', '--quiet', '--no-deps', '-r', REQUIREMENTS];
  await run(`${INSTALLED}/bin/python`, install);
  writeFileSync(stamp, pins);
}

/** Moto wants to be signed for, and looks no further. */
const SIGNED = {
  authorization: 'AWS4-HMAC-SHA256 Credential=rig/20260101/us-east-1/s3/aws4_request, Signature=0',
};

export async function startS3(port: number): Promise<S3Server> {
  const child = spawn(`${INSTALLED}/bin/moto_server`, ['-H', '127.0.0.1', '-p', String(port)], {
    stdio: 'ignore',
  });
  const ended = new Promise((resolve) => child.once('close', resolve));
  const url = `http://127.0.0.1:${port}`;
  const request = async (path: string, method = 'GET') => {
    const response = await fetch(`${url}/${path}`, { method, headers: SIGNED });
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status}`);
    return Buffer.from(await response.arrayBuffer());
  };
  const deadline = Date.now() + START_DEADLINE_MS;
  while (!(await request('').catch(() => undefined))) {
    if (child.exitCode !== null || Date.now() > deadline) throw new Error('moto did not start');
    await sleep(100);
  }
  return {
    url,
    makeBucket: async (bucket) => {
      await request(bucket, 'PUT');
    },
    objects: async (bucket) => {
      const objects = new Map<string, Buffer>();
      for (let after = ''; ; ) {
        const query = `list-type=2&start-after=${encodeURIComponent(after)}`;
        const page = (await request(`${bucket}?${query}`)).toString('utf8');
        for (const [, name = ''] of page.matchAll(/<Key>([^<]+)<\/Key>/g)) {
          objects.set(name, await request(`${bucket}/${name}`));
          after = name;
        }
        if (!page.includes('<IsTruncated>true')) return objects;
      }
    },
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}
