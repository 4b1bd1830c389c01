import { statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Deletions } from '@keyhold/server/backup/database.ts';
import { restore } from '@keyhold/server/backup/restore.ts';
import type { Verified } from '@keyhold/server/backup/verify-data.ts';
import { readConfig } from '@keyhold/server/config.ts';
import type { Kind } from '@keyhold/server/root/root-key.ts';
import { counted } from '../counted.ts';
import { dataDir, shown } from '../data-dir.ts';
import { EXIT } from '../exit-codes.ts';
import { visible } from '../visible.ts';

interface Options {
  readonly from: string;
  readonly to?: string;
  readonly verify?: true;
}

/** `keyhold restore`: a new data directory of a backup; with `--verify` only where every key of it works. */
export async function restoreCommand({ from, to, verify }: Options): Promise<void> {
  const path = resolve(from);
  const target = to === undefined ? (verify ? undefined : dataDir()) : resolve(to);
  const verifyWith = verify && readConfig(process.env);
  hintAtReaders(path);
  const { manifest, waysIn, deletions, verified } = await restore(path, { to: target, verifyWith });
  const lines = [`Backup of ${manifest.begun}, made by Keyhold ${manifest.keyhold}`];
  if (verified) lines.push(...summary(verified));
  if (verified && verified.problems.length > 0) {
    lines.push(
      'It is NOT whole; nothing was restored:',
      ...verified.problems.map((problem) => `  ${problem}`),
    );
    process.exitCode = EXIT.refused;
  } else if (target !== undefined) lines.push(...whatNext(target, waysIn), ...rescue(deletions));
  process.stdout.write(visible(`${lines.join('\n')}\n`));
}

function hintAtReaders(path: string): void {
  const mode = statSync(path, { throwIfNoEntry: false })?.mode ?? 0;
  if ((mode & 0o077) === 0) return;
  process.stderr.write(
    `hint: others on this machine may read the backup; to stop that: chmod 600 ${shown(path)}\n`,
  );
}

function summary({
  accounts,
  accessKeys,
  keys,
  versions,
  withoutMaterial,
  tokenKeys,
  entries,
}: Verified): string[] {
  return [
    `  ${counted(accounts, 'account')}, ${counted(accessKeys, 'access key')}; ${counted(entries, 'line')} in the trail`,
    `  ${counted(keys, 'key')}; ${counted(versions, 'version')}, each opened, and has sealed and opened a message`,
    ...(withoutMaterial > 0
      ? [`  without material, which was erased or has expired: ${counted(withoutMaterial, 'version')}`]
      : []),
    ...(tokenKeys.length > 0
      ? [
          '  in a token, and no backup holds these; back up the token as its maker says:',
          ...tokenKeys.map((keyId) => `    ${keyId}`),
        ]
      : []),
  ];
}

const ROOT_KEYS: Readonly<Record<Kind, (directory: string) => string>> = {
  file: (directory) =>
    `the root key file: copy it to ${join(directory, 'root-key')} or name it in KEYHOLD_ROOT_KEY_FILE; then chmod 600, and chown to the user of the server`,
  passphrase: () => 'the passphrase: KEYHOLD_ROOT_PASSPHRASE_FILE names its file, mode 0600',
  token: () => 'the token: KEYHOLD_ROOT_KEY=token and the KEYHOLD_HSM_ settings',
  shares: () => 'recovery shares: keyhold root recover --to file',
};

function whatNext(target: string, waysIn: readonly Kind[]): string[] {
  const directory = shown(target);
  return [
    `Restored to ${directory}, for its owner alone; the server must run as that user.`,
    'What opens it, any one of:',
    ...waysIn.map((kind) => `  ${ROOT_KEYS[kind](directory)}`),
    'Access keys are as they were. No backup holds root-access-key.json: put your copy there for commands to find it,',
    '  or set ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET',
    `Then start it: KEYHOLD_DATA_DIR=${directory} keyhold serve. Never run it beside the one it is a copy of.`,
  ];
}

function rescue(deletions: Deletions | undefined): string[] {
  if (!deletions?.first) return [];
  const first = new Date(deletions.first).toISOString();
  return [
    `PendingDeletion, as of the backup: ${counted(deletions.count, 'key')}; the first is due ${first}.`,
    '  Within an hour of the start cancel each deletion that was cancelled after the backup; none is destroyed before.',
  ];
}
