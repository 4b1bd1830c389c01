import type { Command } from 'commander';

/** Flags that several commands have. */
export const repeated = (value: string, before: readonly string[] = []): readonly string[] => [
  ...before,
  value,
];

export const KEY = 'key id, alias/<name> or ARN';

export const withConnection = (command: Command): Command =>
  command
    .option('--endpoint <url>', 'the server; default KEYHOLD_ENDPOINT, the profile, or http://127.0.0.1:8300')
    .option('--region <id>', 'of keys whose name does not tell')
    .option('--profile <name>', 'of keyhold configure');

export const withReading = (command: Command): Command =>
  command
    .option('--allow <key>', `a key that may be used: ${KEY}; repeat it for several`, repeated)
    .option('--allow-any-key', 'whichever key of yours the file names')
    .option('--context <name=value>', 'the context that it was encrypted with', repeated)
    .option('--recovery-key <file>', 'private RSA key in PEM: opens files without KMS')
    .option('--recovery-passphrase-file <file>', 'the passphrase of that key');
