import type { Operation } from '@keyhold/api/operation.ts';
import { Option } from 'commander';
import * as z from 'zod';
import { DEFAULT_ENDPOINT } from './connection.ts';

/** One parameter of an operation as a flag of the command line. */
export interface Flag {
  readonly name: string;
  readonly required: boolean;
  /** May be given as `--<name>-file`. */
  readonly fromFile: boolean;
  readonly about: string;
  readonly options: readonly Option[];
}

/** What every call takes besides its parameters. */
export const CALL_OPTIONS: readonly Option[] = [
  new Option('--endpoint <url>', `the server; default KEYHOLD_ENDPOINT, or ${DEFAULT_ENDPOINT}`),
  new Option('--region <id>', 'one the server does not serve, or none, is taken as its first'),
  new Option('--profile <name>', 'of keyhold configure: endpoint, CA file, region and credentials'),
  new Option('--query <path>', 'print this part of the answer alone, a text as it is: KeyMetadata.KeyId'),
];

/** The flags of an operation, in the order of its contract. */
export const flagsOf = (operation: Operation): readonly Flag[] =>
  Object.entries(operation.request.shape).map(([name, field]) => flagOf(operation, name, field));

function flagOf(operation: Operation, name: string, field: z.core.$ZodType): Flag {
  const required = !(field instanceof z.ZodOptional);
  const inner = field instanceof z.ZodOptional ? field.unwrap() : field;
  const about = describe(field) || describe(inner);
  // What the trail must not keep is what should not stand in a list of processes either.
  const fromFile = !operation.trail.request.includes(name) && !about.startsWith('not offered');
  const value = placeholder(inner);
  const text = `${about}${required ? ' (required)' : ''}`;
  const options = [new Option(`--${name} ${value.form}`, fromFile ? `${text}; better from a file` : text)];
  if (fromFile)
    options.push(new Option(`--${name}-file <path>`, `${name} from this file, unchanged; - is stdin`));
  if (about.startsWith('not offered')) options[0]?.hideHelp();
  return { name, required, fromFile, about: value.values ? `one of ${value.values}` : about, options };
}

function describe(field: z.core.$ZodType): string {
  return z.globalRegistry.get(field)?.description ?? '';
}

/** How the help writes a value of the field. */
function placeholder(field: z.core.$ZodType): { readonly form: string; readonly values?: string } {
  if (field instanceof z.ZodEnum) {
    const values = field.options.join(', ');
    return { form: `<${field.options.join('|')}>`, values };
  }
  if (field instanceof z.ZodCodec && field.out instanceof z.ZodBoolean) return { form: '[true|false]' };
  return { form: z.globalRegistry.get(field)?.wire === undefined ? '<text>' : '<json>' };
}
