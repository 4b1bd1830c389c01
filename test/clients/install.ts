import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Client, Runtime } from './clients.ts';
import type { Server } from './server.ts';

const run = promisify(execFile);
export const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const rigs = `${ROOT}test/clients/rigs`;
const installed = `${ROOT}.clients`;

interface Toolchain {
  /** Commands that must be there, with an argument that makes them answer. */
  readonly needs: readonly (readonly [command: string, argument: string])[];
  /** A change in one of these files makes a new installation. */
  readonly pinnedBy: (file: string) => boolean;
  readonly install: (into: string) => Promise<unknown>;
}

const TOOLCHAINS: Record<Runtime, Toolchain> = {
  node: {
    needs: [['npm', '--version']],
    pinnedBy: (file) => file === 'package-lock.json',
    install: async (into) => {
      for (const file of ['package.json', 'package-lock.json']) {
        copyFileSync(`${rigs}/node/${file}`, `${into}/${file}`);
      }
      await run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: into });
    },
  },
  python: {
    needs: [['python3', '--version']],
    pinnedBy: (file) => file === 'requirements.txt',
    install: async (into) => {
      await run('python3', ['-m', 'venv', into]);
      const requirements = `${rigs}/python/requirements.txt`;
      await run(`${into}/bin/python`, ['-m', 'pip', 'install', '--quiet', '--no-deps', '-r', requirements]);
    },
  },
  go: {
    needs: [['go', 'version']],
    pinnedBy: () => true,
    install: (into) => run('go', ['build', '-o', `${into}/rig`, '.'], { cwd: `${rigs}/go` }),
  },
  java: {
    needs: [
      ['java', '-version'],
      ['keytool', '-help'],
      ['mvn', '--version'],
    ],
    pinnedBy: (file) => file === 'pom.xml',
    install: (into) => {
      const goal = ['-q', '-B', 'dependency:copy-dependencies', `-DoutputDirectory=${into}/lib`];
      return run('mvn', ['-f', `${rigs}/java/pom.xml`, ...goal]);
    },
  },
};

/** Why the clients of a runtime cannot run here, or undefined. */
export async function whyMissing(runtime: Runtime): Promise<string | undefined> {
  for (const [command, argument] of TOOLCHAINS[runtime].needs) {
    try {
      await run(command, [argument]);
    } catch (error) {
      return `${command} does not run here (${error instanceof Error ? error.message.split('\n')[0] : error})`;
    }
  }
  return undefined;
}

/** Installs what the manifest pins, unless that is there already. True if it did something. */
export async function install(runtime: Runtime): Promise<boolean> {
  const { pinnedBy, install: make } = TOOLCHAINS[runtime];
  const hash = createHash('sha256');
  for (const file of readdirSync(`${rigs}/${runtime}`).filter(pinnedBy).sort()) {
    hash.update(file).update(readFileSync(`${rigs}/${runtime}/${file}`));
  }
  const pins = hash.digest('hex');
  const into = `${installed}/${runtime}`;
  const stamp = `${into}/pins`;
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === pins) return false;
  rmSync(into, { recursive: true, force: true });
  mkdirSync(into, { recursive: true });
  await make(into);
  writeFileSync(stamp, pins);
  return true;
}

/** How to start the rig of a client. */
export function rigCommand(
  client: Client,
  server: Server,
): { command: string; args: readonly string[]; cwd: string } {
  const cwd = `${installed}/${client.runtime}`;
  switch (client.runtime) {
    case 'node':
      return { command: process.execPath, args: [`${rigs}/node/rig.js`, client.id], cwd };
    case 'python':
      return { command: `${cwd}/bin/python`, args: [`${rigs}/python/rig.py`, client.id], cwd };
    case 'go':
      return { command: `${cwd}/rig`, args: [client.id], cwd };
    case 'java': {
      const store = server.authority.trustStore;
      const trust =
        store === undefined
          ? []
          : [`-Djavax.net.ssl.trustStore=${store}`, '-Djavax.net.ssl.trustStorePassword=changeit'];
      return { command: 'java', args: [...trust, '-cp', 'lib/*', `${rigs}/java/Rig.java`, client.id], cwd };
    }
  }
}
