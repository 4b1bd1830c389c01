import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TokenSettings } from '../pkcs11/settings.ts';

const LIBRARIES = [
  '/usr/lib/softhsm/libsofthsm2.so',
  '/usr/lib64/pkcs11/libsofthsm2.so',
  '/usr/local/lib/softhsm/libsofthsm2.so',
  '/opt/homebrew/lib/softhsm/libsofthsm2.so',
];
const INSTALL = fileURLToPath(new URL('ensure-softhsm.sh', import.meta.url));
const PIN = 'pin-4711-of-the-user';
const LABEL = 'keyhold test';

/** SoftHSM takes no hash but SHA-1 for OAEP. */
export const SOFT_HSM_UNSUPPORTED = ['RSAES_OAEP_SHA_256'] as const;

/** A new, empty SoftHSM token in a directory of its own. Named in the environment: one for a process. */
export interface SoftHsm extends Disposable {
  readonly settings: TokenSettings;
  readonly pin: string;
  /** Where its files are, for tests that look into them. */
  readonly directory: string;
  /** As if the token were pulled out, and put back. */
  remove(): void;
  putBack(): void;
}

export function newSoftHsm(): SoftHsm {
  const library = softHsmLibrary();
  const directory = mkdtempSync(join(tmpdir(), 'keyhold-token-'));
  const tokens = join(directory, 'tokens');
  const away = join(directory, 'away');
  mkdirSync(tokens);
  const configuration = join(directory, 'softhsm2.conf');
  writeFileSync(
    configuration,
    `directories.tokendir = ${tokens}\nobjectstore.backend = file\nlog.level = ERROR\n`,
  );
  process.env.SOFTHSM2_CONF = configuration;
  const pinFile = join(directory, 'pin');
  writeFileSync(pinFile, `${PIN}\n`, { mode: 0o600 });
  const init = ['--init-token', '--free', '--label', LABEL, '--so-pin', 'pin-of-the-officer', '--pin', PIN];
  execFileSync('softhsm2-util', init, { stdio: 'ignore' });
  return {
    settings: { library, token: { label: LABEL }, pinFile, timeoutMs: 5000, sessions: 1, queue: 1000 },
    pin: PIN,
    directory,
    remove: () => renameSync(tokens, away),
    putBack: () => renameSync(away, tokens),
    [Symbol.dispose]: () => rmSync(directory, { recursive: true, force: true }),
  };
}

/**
 * Tests of tokens are not skipped silently: a machine without SoftHSM has not tested them. It is installed where that
 * can be done.
 */
export function softHsmLibrary(): string {
  const there = LIBRARIES.find(existsSync);
  if (there) return there;
  spawnSync('sh', [INSTALL], { stdio: ['ignore', 'ignore', 'inherit'] });
  const installed = LIBRARIES.find(existsSync);
  if (installed) return installed;
  throw new Error(
    'SoftHSM 2 is needed for this test: install the package softhsm2 (Debian, Ubuntu), softhsm (Fedora, Homebrew)',
  );
}
