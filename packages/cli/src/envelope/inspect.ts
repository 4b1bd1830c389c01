import type { InspectedRecipient } from '@keyhold/client/envelope/inspect.ts';
import { UsageError } from '../exit-codes.ts';
import { tableText } from '../table.ts';
import { STDIO } from './files/plan.ts';
import { formatNamed, formatNameOf, startOf } from './formats/format.ts';
import { print } from './outcome.ts';

/** `keyhold inspect FILE...`: what files say of themselves. Needs no key and asks nobody. */
export async function inspectCommand(words: readonly string[], flags: { json?: boolean }): Promise<void> {
  const found: object[] = [];
  for (const path of words) {
    if (path === STDIO)
      throw new UsageError('inspect needs the file itself: its size belongs to what it says');
    const format = await formatNamed(formatNameOf(startOf(path)));
    found.push({ file: path, ...format.inspect(path) });
  }
  if (flags.json) {
    print(JSON.stringify(words.length === 1 ? found[0] : found));
    return;
  }
  print(found.map((each) => tableText(rowsOf(each))).join('\n\n'));
  print('Nothing of this is verified: that takes the key.');
}

const rowsOf = (inspection: object): string[][] =>
  Object.entries(inspection).flatMap(([name, value]) => rowsOfMember(titleOf(name), value));

function rowsOfMember(title: string, value: unknown): string[][] {
  if (Array.isArray(value))
    return value.map((each) => [title, typeof each === 'string' ? each : recipientText(each)]);
  if (value === undefined) return [[title, 'not stored']];
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value);
    return entries.length === 0 ? [[title, 'none']] : entries.map(([key, text]) => [title, `${key}=${text}`]);
  }
  return [[title, String(value)]];
}

/** `plaintextBytes`: plaintext bytes */
const titleOf = (name: string): string => name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);

function recipientText(recipient: InspectedRecipient): string {
  switch (recipient.kind) {
    case 'cmk':
      return `${recipient.cmk}, key version ${recipient.keyVersionId || 'not told'}`;
    case 'instance':
      return `${recipient.cmk} of a KMS Instance, key version ${recipient.keyVersionId || 'not told'}`;
    case 'recovery':
      return `recovery key ${recipient.fingerprint}`;
    default:
      return `of the unknown type ${recipient.type}`;
  }
}
