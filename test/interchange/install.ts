import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { VENV } from './python-rig.ts';

const REQUIREMENTS = fileURLToPath(new URL('../clients/rigs/interchange/requirements.txt', import.meta.url));

/** The Python packages that the rig needs, unless they are there already. */
export function installInterchange(): void {
  const pins = readFileSync(REQUIREMENTS, 'utf8');
  const stamp = `${VENV}/pins`;
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === pins) return;
  rmSync(VENV, { recursive: true, force: true });
  mkdirSync(VENV, { recursive: true });
  execFileSync('python3', ['-m', 'venv', VENV]);
  const pip = ['-m', 'pip', 'install', '--quiet', '--no-deps', '-r', REQUIREMENTS];
  execFileSync(`${VENV}/bin/python`, pip, { stdio: 'inherit' });
  writeFileSync(stamp, pins);
}

/** In a process of its own, with the reporter of the other tests; true where all held. */
export function runInterchange(): boolean {
  const file = fileURLToPath(new URL('interchange.test.ts', import.meta.url));
  return (
    spawnSync(process.execPath, ['--test', '--test-reporter=spec', file], { stdio: 'inherit' }).status === 0
  );
}
