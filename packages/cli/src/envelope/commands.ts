import { type Command, Option } from 'commander';
import { KEY, repeated, withConnection, withReading } from './flags.ts';

/** Loads nothing but the words; what a command needs is loaded when it runs. */
export function addEnvelope(keyhold: Command): void {
  withFiles(keyhold.command('encrypt'), 'encrypt files: only those who may use the key can read them')
    .option('--key <key>', `who can decrypt: ${KEY}; repeat it for several`, repeated)
    .option('--recovery-public-key <file>', 'RSA key in PEM that opens the files when KMS is gone', repeated)
    .option(
      '--context <name=value>',
      'has to be told again to KMS for decryption; readable in the file',
      repeated,
    )
    .option('--no-store-context', 'keep the context out of the file: who decrypts has to know it')
    .addOption(
      new Option('--format <name>', 'sample is the four-line file, sdk the Encryption SDK message')
        .choices(['kenv', 'sample', 'sdk'])
        .default('kenv'),
    )
    .addHelpText('after', `${FILES_HELP}\n${KEY_HELP}`)
    .action(async (files, options) => (await import('./encrypt.ts')).encryptCommand(files, options));

  withReading(
    withFiles(keyhold.command('decrypt'), 'decrypt files: an output appears when all of it is verified'),
  )
    .option('--range <start-end>', 'these bytes only, counted from 0: 0-99, 100-, -100; to stdout without -o')
    .option('--stored-header <file>', 'of Encryption SDK messages without one: the SecretData of its secret')
    .option(
      '--allow-unauthenticated',
      'Encryption SDK messages in CBC or CTR, too: changes of them go unnoticed, so trust where they come from',
    )
    .addHelpText('after', `${FILES_HELP}\n${ALLOW_HELP}`)
    .action(async (files, options) => (await import('./decrypt.ts')).decryptCommand(files, options));

  keyhold
    .command('inspect')
    .description(
      'tell what an encrypted file says of itself: format, keys, key versions, context; needs no key',
    )
    .argument('<files...>', FILES)
    .option('--json', 'as JSON: an array with an object for each file')
    .action(async (files, options) => (await import('./inspect.ts')).inspectCommand(files, options));

  withReading(withConnection(keyhold.command('rewrap')))
    .description('change who can open files; their content stays as it is, and so does their data key')
    .argument('<files...>', FILES)
    .option('--add-key <key>', 'this key shall open them too', repeated)
    .option('--remove-key <key>', 'no longer this one: a key, or SHA256:... of a recovery key', repeated)
    .option('--recovery-public-key <file>', 'this recovery key shall open them too', repeated)
    .option('--renew', 'encrypt the data key anew under every key that stays: after a rotation')
    .option('--json', 'as JSON')
    .addHelpText(
      'after',
      `\nWhoever could open a file may have kept its data key: see re-encrypt.\n${ALLOW_HELP}`,
    )
    .action(async (files, options) => (await import('./rewrap.ts')).rewrapCommand(files, options));

  withReading(withConnection(keyhold.command('re-encrypt')))
    .description('list the files that depend on a key version, or encrypt files anew for other keys')
    .argument('<files...>', FILES)
    .option(
      '--depends-on <version>',
      'only files under this key version, or this key; alone: lists them, needs no key',
    )
    .option('-0, --null', 'end listed names with a zero byte, for xargs -0')
    .option(
      '--to <key>',
      'encrypt them anew, in their place, with a new data key for this key; repeat it',
      repeated,
    )
    .option('--recovery-public-key <file>', 'this recovery key shall open them too', repeated)
    .option('--json', 'as JSON')
    .addHelpText('after', `\n${ALLOW_HELP}`)
    .action(async (files, options) => (await import('./re-encrypt.ts')).reEncryptCommand(files, options));
}

const FILES = 'files, directories, patterns';

const withFiles = (command: Command, description: string): Command =>
  withConnection(command)
    .description(description)
    .argument('<files...>', `${FILES}, or - for stdin`)
    .option('-o, --output <path>', 'a file; for several a directory, made where it is not; - is stdout')
    .option('--force', 'replace outputs that exist')
    .option('--skip-existing', 'leave out files whose output exists')
    .option('--json', 'what was done as JSON');

const FILES_HELP = `
Directories are done with all that is in them, below -o DIR as they are, or beside each file: report.pdf becomes
report.pdf.kenv. Patterns in quotes are for keyhold: 'data/**/*.csv'. Links in directories are left out.`;

const KEY_HELP = `
A key elsewhere: cn-shanghai:alias/Name, an ARN, which has its region, or profile@alias/Name.
Every key that is named can decrypt by itself; the first makes the data key.`;

const ALLOW_HELP = `
Without --allow, the keys of the profile may be used (keyhold configure set --key). A file cannot choose a key for you.`;
