import { ERRORS } from '@keyhold/api/errors.ts';
import { KMS } from '@keyhold/api/kms/product.ts';
import type { Operation } from '@keyhold/api/operation.ts';
import { Command } from 'commander';
import { EXIT_CODES_HELP, UsageError } from '../exit-codes.ts';
import { visible } from '../visible.ts';
import { connect, DEFAULT_ENDPOINT } from './connection.ts';
import { flagsOf } from './flags.ts';
import { readValues } from './read-values.ts';

const CONNECTION_HELP = `
Environment:
  KEYHOLD_ENDPOINT                   the server, default ${DEFAULT_ENDPOINT}
  ALIBABA_CLOUD_ACCESS_KEY_ID        who calls; without it, and with a server on this
  ALIBABA_CLOUD_ACCESS_KEY_SECRET    machine, the root access key in the data directory
  ALIBABA_CLOUD_SECURITY_TOKEN       with temporary access keys
  KEYHOLD_DATA_DIR                   the data directory, default ./data
${EXIT_CODES_HELP}`;

/** `keyhold call`: one command per operation of the contract, with help and flags made from it. */
export async function call(words: readonly string[]): Promise<void> {
  refuseNearMiss(words[0] ?? '');
  await callCommand().parseAsync(words, { from: 'user' });
}

function callCommand(): Command {
  const call = new Command('keyhold call')
    .description('Calls an operation and prints its answer as JSON.')
    .usage('<Action> [--Param value ...]')
    .helpCommand(false)
    .configureHelp({ subcommandTerm: (command) => command.name() })
    .exitOverride()
    .addHelpText('after', `\nkeyhold call <Action> --help tells the parameters.\n${CONNECTION_HELP}`);
  for (const operation of KMS.operations.values()) call.addCommand(commandOf(operation));
  return call;
}

function commandOf(operation: Operation): Command {
  const flags = flagsOf(operation);
  const command = new Command(operation.action)
    .description(operation.summary)
    .helpGroup(`${operation.group.charAt(0).toUpperCase()}${operation.group.slice(1)}:`)
    .usage('[options]')
    .exitOverride()
    .allowExcessArguments(false);
  command.optionsGroup('Parameters:');
  for (const option of flags.flatMap((flag) => flag.options)) command.addOption(option);
  command
    .optionsGroup('Connection:')
    .option('--endpoint <url>', `the server; default KEYHOLD_ENDPOINT, or ${DEFAULT_ENDPOINT}`)
    .option('--region <id>', 'one the server does not serve, or none, is taken as its first')
    .addHelpText('after', footnotes(operation));
  return command.action(async (given) => {
    const values = await readValues(operation, flags, given);
    const client = await connect(given);
    print(await client.call(operation, values));
  });
}

function footnotes(operation: Operation): string {
  const permissions = operation.grants.map(({ action }) => action);
  const errors = operation.errors.map((code) => `  ${ERRORS[code].status}  ${code}`);
  return [
    `\nPermission: ${[...new Set(permissions)].join(', ') || 'none needed'}`,
    ...(errors.length > 0 ? ['\nIts own errors:', ...errors] : []),
  ].join('\n');
}

/** What commander's own suggestions for unknown commands do not find. */
function refuseNearMiss(action: string): void {
  if (KMS.unsupported.has(action)) throw new UsageError(`${action} is not served by Keyhold`);
  const known = [...KMS.operations.keys()];
  const near = known.find((name) => name.toLowerCase() === action.toLowerCase());
  if (near && near !== action) throw new UsageError(`there is no operation ${action}; did you mean ${near}?`);
}

/** For people at a terminal, in lines; for programs, in one. */
function print(answer: object): void {
  process.stdout.write(`${visible(JSON.stringify(answer, null, process.stdout.isTTY ? 2 : 0))}\n`);
}
