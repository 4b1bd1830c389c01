import { ACTIONTRAIL } from '@keyhold/api/actiontrail/product.ts';
import { ERRORS } from '@keyhold/api/errors.ts';
import { IMS } from '@keyhold/api/ims/product.ts';
import { ScheduleKeyDeletion } from '@keyhold/api/kms/keys.ts';
import { KMS } from '@keyhold/api/kms/product.ts';
import type { Operation } from '@keyhold/api/operation.ts';
import type { Product } from '@keyhold/api/product.ts';
import { RAM } from '@keyhold/api/ram/product.ts';
import { STS } from '@keyhold/api/sts/product.ts';
import { Command } from 'commander';
import { EXIT_CODES_HELP, UsageError } from '../exit-codes.ts';
import { pointToHelp } from '../point-to-help.ts';
import { visible } from '../visible.ts';
import { connect, DEFAULT_ENDPOINT } from './connection.ts';
import { deletionWarning } from './deletion-warning.ts';
import { CALL_OPTIONS, flagsOf } from './flags.ts';
import { checkQuery, partOf } from './query.ts';
import { readValues } from './read-values.ts';

const CONNECTION_HELP = `
Environment:
  KEYHOLD_ENDPOINT                   the server, default ${DEFAULT_ENDPOINT}
  ALIBABA_CLOUD_ACCESS_KEY_ID        who calls; without it, and with a server on this
  ALIBABA_CLOUD_ACCESS_KEY_SECRET    machine, the root access key in the data directory
  ALIBABA_CLOUD_SECURITY_TOKEN       with temporary access keys
  KEYHOLD_DATA_DIR                   the data directory, default ./data
  ALIBABA_CLOUD_PROFILE              where there is neither: a profile of "keyhold configure",
                                     or of the aliyun tool, default the current one
${EXIT_CODES_HELP}`;

/** The products by the word that calls them. `call` is KMS, which is called most. */
export const PRODUCTS = { call: KMS, ram: RAM, sts: STS, ims: IMS, actiontrail: ACTIONTRAIL } as const;
export type ProductWord = keyof typeof PRODUCTS;

/** `keyhold call`, `keyhold ram`, ...: one command per operation of the contract, with help and flags made from it. */
export async function call(product: ProductWord, words: readonly string[]): Promise<void> {
  refuseNearMiss(PRODUCTS[product], words[0] ?? '');
  await callCommand(product).parseAsync(words, { from: 'user' });
}

function callCommand(word: ProductWord): Command {
  const product = PRODUCTS[word];
  const call = new Command(`keyhold ${word}`)
    .description(`Calls an operation of ${product.name} and prints its answer as JSON.`)
    .usage('<Action> [--Param value ...]')
    .helpCommand(false)
    .configureHelp({ subcommandTerm: (command) => command.name() })
    .exitOverride()
    .addHelpText('after', `\nkeyhold ${word} <Action> --help tells the parameters.\n${CONNECTION_HELP}`);
  for (const operation of product.operations.values()) call.addCommand(commandOf(product, operation));
  pointToHelp(call);
  return call;
}

function commandOf(product: Product, operation: Operation): Command {
  const flags = flagsOf(operation);
  const command = new Command(operation.action)
    .description(operation.summary)
    .helpGroup(`${operation.group.charAt(0).toUpperCase()}${operation.group.slice(1)}:`)
    .usage('[options]')
    .exitOverride()
    .allowExcessArguments(false);
  command.optionsGroup('Parameters:');
  for (const option of flags.flatMap((flag) => flag.options)) command.addOption(option);
  command.optionsGroup('Connection and answer:').addHelpText('after', footnotes(operation));
  for (const option of CALL_OPTIONS) command.addOption(option);
  return command.action(async (given) => {
    if (given.query !== undefined) checkQuery(given.query, operation.response);
    const values = await readValues(operation, flags, given);
    const client = connect(product, given);
    if (operation === ScheduleKeyDeletion) {
      const warning = await deletionWarning(client, String(values.KeyId), Date.now());
      if (warning) process.stderr.write(`${visible(warning)}\n`);
    }
    const answer = await client.call(operation, values);
    if (given.query === undefined) print(answer);
    else printPart(partOf(answer, given.query));
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
function refuseNearMiss(product: Product, action: string): void {
  if (product.unsupported.has(action)) throw new UsageError(`${action} is not served by Keyhold`);
  const known = [...product.operations.keys()];
  const near = known.find((name) => name.toLowerCase() === action.toLowerCase());
  if (near && near !== action) throw new UsageError(`there is no operation ${action}; did you mean ${near}?`);
}

/** For people at a terminal, in lines; for programs, in one. */
function print(answer: unknown): void {
  process.stdout.write(`${visible(JSON.stringify(answer, null, process.stdout.isTTY ? 2 : 0))}\n`);
}

/** A text is for another command: nothing in it is written out unless somebody watches. */
function printPart(part: unknown): void {
  if (typeof part !== 'string') print(part);
  else process.stdout.write(`${process.stdout.isTTY ? visible(part) : part}\n`);
}
