import { Command } from 'commander';
import packageJson from '../package.json' with { type: 'json' };
import type { ProductWord } from './call/call.ts';
import { addCompletion } from './completion/command.ts';
import { addEnvelope } from './envelope/commands.ts';
import { addExec } from './exec/command.ts';
import { EXIT, EXIT_CODES_HELP } from './exit-codes.ts';
import { pointToHelp } from './point-to-help.ts';
import { addConfigure } from './profiles/commands.ts';
import { reportError } from './report-error.ts';

/** Runs the command line `argv`, as process.argv; sets the exit code. */
export async function main(argv: readonly string[]): Promise<void> {
  process.stdout.on('error', endWithReader);
  try {
    await program().parseAsync(argv);
  } catch (error) {
    process.exitCode = reportError(error);
  }
}

/** `keyhold trail show | head -3`: nobody reads on, so nothing is left to do. A full disk is another matter. */
function endWithReader(error: NodeJS.ErrnoException): void {
  if (error.code === 'EPIPE') process.exit();
  process.stderr.write(`error: stdout takes no more, so what was printed is incomplete: ${error.message}\n`);
  process.exit(EXIT.refused);
}

/** What a command needs is loaded when it runs, so that `keyhold --version` loads no server. */
function program(): Command {
  const keyhold = new Command('keyhold')
    .description('A key management service that speaks the Alibaba Cloud KMS API.')
    .version(packageJson.version)
    .enablePositionalOptions()
    .exitOverride()
    .addHelpText('after', EXIT_CODES_HELP);

  keyhold
    .command('serve')
    .description('start the server; its settings come from the environment (KEYHOLD_...)')
    .addHelpText('after', '\nThe settings are listed in docs/settings.md.')
    .action(async () => (await import('./serve.ts')).serveUntilSignal());

  addEnvelope(keyhold);
  addExec(keyhold);
  addProduct(keyhold, 'call', 'call any operation of KMS: keyhold call <Action> --Param value');
  addProduct(keyhold, 'ram', 'users, groups, roles, policies and access keys: keyhold ram <Action> ...');
  addProduct(keyhold, 'sts', 'sessions of roles: keyhold sts <Action> ...');
  addProduct(keyhold, 'ims', 'issuers of tokens for workloads: keyhold ims <Action> ...');
  addProduct(keyhold, 'actiontrail', 'look up events, deliver them: keyhold actiontrail <Action> ...');

  keyhold
    .command('import-key')
    .description('give a key of Origin EXTERNAL its material from a file of raw bytes')
    .requiredOption('--key <key>', 'key id, alias/<name>, or key ARN')
    .requiredOption('--material-file <path>', 'as many raw bytes as the KeySpec takes; - is stdin')
    .option('--expire <date>', 'when the material is to be erased, 2027-01-31T12:00:00Z; default never')
    .option('--wrapping-algorithm <name>', 'RSAES_OAEP_SHA_256 or RSAES_OAEP_SHA_1', 'RSAES_OAEP_SHA_256')
    .option('--endpoint <url>', 'the server; default KEYHOLD_ENDPOINT, or http://127.0.0.1:8300')
    .option('--region <id>', 'one the server does not serve, or none, is taken as its first')
    .action(async (options) => (await import('./import-key.ts')).importKeyCommand(options));

  addPolicy(keyhold);
  addAccount(keyhold);
  addTrail(keyhold);
  addRoot(keyhold);
  addBackup(keyhold);
  addConfigure(keyhold);
  addCompletion(keyhold);
  pointToHelp(keyhold);
  return keyhold;
}

/** Its options are those of the operations, so it parses the rest of the line, --help included, by itself. */
function addProduct(keyhold: Command, word: ProductWord, description: string): void {
  keyhold
    .command(word)
    .description(description)
    .argument('[words...]')
    .helpOption(false)
    .allowUnknownOption()
    .passThroughOptions()
    .action(async (words: string[]) => (await import('./call/call.ts')).call(word, words));
}

function addPolicy(keyhold: Command): void {
  const policy = keyhold.command('policy').description('who may do what, and why');
  policy
    .command('simulate')
    .description('tell whether somebody may do something, and which statements decide; nothing is done')
    .requiredOption('--principal <name>', 'user/<name>, role/<name>, root, or the whole ARN')
    .requiredOption('--action <action>', 'such as kms:Decrypt')
    .option('--resource <resource>', 'key id, alias/<name>, ARN, or *', '*')
    .option('--context <key=value...>', 'condition keys, such as acs:SourceIp=10.0.0.1')
    .option('--policy-file <path>', 'as if this policy were attached to the principal too')
    .option('--policy-name <name>', 'with --policy-file: as if it took the place of this policy')
    .option('--key-policy-file <path>', 'as if this were the policy of the key')
    .option('--json', 'the answer as JSON')
    .option('--endpoint <url>', 'the server; default KEYHOLD_ENDPOINT, or http://127.0.0.1:8300')
    .option('--region <id>', 'one the server does not serve, or none, is taken as its first')
    .addHelpText('after', '\nExit code 0: allowed; 1: denied.')
    .action(async (options) => (await import('./policy/simulate.ts')).simulateCommand(options));
}

function addAccount(keyhold: Command): void {
  const account = keyhold.command('account').description('accounts of this server, in its data directory');
  account
    .command('create')
    .description('make an account and print its root access key pair, once, as JSON')
    .option('--account-id <id>', '16 digits; made up where absent')
    .option('--name <text>', 'what people call it')
    .action(async (options) => (await import('./account.ts')).createAccountCommand(options));
}

function addTrail(keyhold: Command): void {
  const trail = keyhold.command('trail').description('the record of every call, in the data directory');
  trail
    .command('verify')
    .description('read the whole trail and check that nothing was changed, removed or put in')
    .option('--trail <directory>', 'a copy elsewhere; default: that of the data directory')
    .option(
      '--public-key <file>',
      'PEM; default: trail-public-key.pem in the data directory, without --trail',
    )
    .option('--checkpoints <path...>', 'checkpoints kept elsewhere: a file or a directory of them')
    .action(async (options) => (await import('./trail/verify.ts')).verifyCommand(options));
  trail
    .command('public-key')
    .description('print the key that signs checkpoints, in PEM')
    .action(async () => (await import('./trail/public-key.ts')).publicKeyCommand());
  trail
    .command('show')
    .description('print the newest entries')
    .option('--last <n>', 'how many', '20')
    .option('--json', 'one JSON object per line')
    .action(async (options) => (await import('./trail/show.ts')).showCommand(options));
  trail
    .command('accept-break')
    .description('go on after a damaged trail: the damage stays visible, with your reason')
    .requiredOption('--reason <text>', 'what happened; kept in the trail')
    .action(async (options) => (await import('./trail/accept-break.ts')).acceptBreakCommand(options));
}

function addRoot(keyhold: Command): void {
  const root = keyhold.command('root').description('the ways into the data directory: root keys and shares');
  root
    .command('status')
    .description('list the ways in, and try those whose root key the settings name')
    .action(async () => (await import('./root/status.ts')).statusCommand());
  newWayIn(root.command('rewrap').description('make one more way in; the server may be running'))
    .requiredOption('--to <kind>', 'file, passphrase or token')
    .action(async (options) => (await import('./root/rewrap.ts')).rewrapCommand(options));
  root
    .command('shares')
    .description('make recovery shares: any few of them open everything; they are shown once')
    .option('--shares <n>', 'how many', '5')
    .option('--threshold <t>', 'how many of them open', '3')
    .option('--out <directory>', 'a file for each, mode 0600; default: shown at the terminal')
    .option('--remove-old', 'shares made before open no longer')
    .action(async (options) => (await import('./root/shares.ts')).sharesCommand(options));
  newWayIn(root.command('recover').description('open with shares, and make another way in'))
    .option('--to <kind>', 'file, passphrase or token')
    .option('--check', 'try the shares, and change nothing')
    .option('--share <path...>', 'files of shares; default: they are asked for, or read from stdin')
    .action(async (options) => (await import('./root/recover.ts')).recoverCommand(options));
}

const newWayIn = (command: Command): Command =>
  command
    .option('--key-file <path>', 'with file: where it is, or is to be made; default KEYHOLD_ROOT_KEY_FILE')
    .option('--passphrase-file <path>', 'with passphrase; default KEYHOLD_ROOT_PASSPHRASE_FILE')
    .option('--remove-old', 'the other ways in are removed; shares stay');

function addBackup(keyhold: Command): void {
  keyhold
    .command('backup')
    .description('copy database and trail into one file, while the server runs; the root key is not in it')
    .requiredOption('--out <file>', 'made with mode 0600; never replaced')
    .action(async (options) => (await import('./backup/backup.ts')).backupCommand(options));
  keyhold
    .command('restore')
    .description('make a data directory of a backup, or try whether it could be done')
    .requiredOption('--from <file>', 'a backup')
    .option('--to <directory>', 'a new data directory; default KEYHOLD_DATA_DIR, with --verify none')
    .option('--verify', 'open every key of it with the root key, and check the whole trail')
    .action(async (options) => (await import('./backup/restore.ts')).restoreCommand(options));
}
