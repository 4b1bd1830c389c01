import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Credentials } from '../server.ts';

/** Made by `npm run test:clients`, as the folders of the other clients are. */
export const VENV = fileURLToPath(new URL('../../.clients/interchange', import.meta.url));

/** A checkout of the vendor's Encryption SDK for Python, which is in no package registry. */
const CHECKOUT = process.env.KEYHOLD_ENCRYPTION_SDK;

export const withoutPython = existsSync(`${VENV}/pins`)
  ? false
  : 'npm run test:clients installs what it needs';
export const withoutSdk =
  withoutPython ||
  (CHECKOUT ? false : 'KEYHOLD_ENCRYPTION_SDK has to name a checkout of alibabacloud-encryption-sdk-python');

export interface PythonRig extends AsyncDisposable {
  /** Throws what Python raised, as text. */
  call(name: string, parameters: Readonly<Record<string, unknown>>): Promise<unknown>;
}

const DEADLINE_MS = 60_000;

export function startPythonRig(url: string, { accessKeyId, accessKeySecret }: Credentials): PythonRig {
  const child = spawn(`${VENV}/bin/python`, [fileURLToPath(new URL('rig.py', import.meta.url))], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: {
      PATH: process.env.PATH,
      NO_PROXY: '127.0.0.1',
      PYTHONDONTWRITEBYTECODE: '1',
      KEYHOLD_ENDPOINT: new URL(url).host,
      KEYHOLD_ACCESS_KEY_ID: accessKeyId,
      KEYHOLD_ACCESS_KEY_SECRET: accessKeySecret,
      ...(CHECKOUT && { KEYHOLD_ENCRYPTION_SDK: CHECKOUT }),
    },
  });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    async call(name, parameters) {
      child.stdin.write(`${JSON.stringify({ call: name, ...parameters })}\n`);
      const timer = setTimeout(() => child.kill('SIGKILL'), DEADLINE_MS);
      const { value, done } = await answers.next();
      clearTimeout(timer);
      if (done) throw new Error('the Python rig died or did not answer in time');
      const answer = JSON.parse(value);
      if (answer.error !== undefined) throw new Error(answer.error);
      return answer.value;
    },
    async [Symbol.asyncDispose]() {
      child.stdin.end();
      await ended;
    },
  };
}
