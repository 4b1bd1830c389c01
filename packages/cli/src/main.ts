import { Command } from 'commander';
import packageJson from '../package.json' with { type: 'json' };
import { EXIT_CODES_HELP } from './exit-codes.ts';
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

/** `keyhold trail show | head -3`: nobody reads on, so nothing is left to do. */
function endWithReader(error: NodeJS.ErrnoException): void {
  if (error.code === 'EPIPE') process.exit();
  throw error;
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

  // Its options are those of the operations, so it parses the rest of the line, --help included, by itself.
  keyhold
    .command('call')
    .description('call any operation of the API: keyhold call <Action> --Param value')
    .argument('[words...]')
    .helpOption(false)
    .allowUnknownOption()
    .passThroughOptions()
    .action(async (words: string[]) => (await import('./call/call.ts')).call(words));

  addAccount(keyhold);
  addTrail(keyhold);
  return keyhold;
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
    .argument('[directory]', 'default: trail in the data directory')
    .action(async (directory) => (await import('./trail/verify.ts')).verifyCommand(directory));
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
