import type { InspectedRecipient } from '@keyhold/client/envelope/inspect.ts';
import { counted } from '../counted.ts';
import { UsageError } from '../exit-codes.ts';
import { type Description, describeError } from '../report-error.ts';
import { tableText } from '../table.ts';
import { findFiles } from './files/find-files.ts';
import { STDIO } from './files/plan.ts';
import { ENCRYPTED_NAMES, formatNamed, formatNameOf, startOf } from './formats/format.ts';
import { endWith, print, say } from './outcome.ts';

/** `keyhold inspect FILE...`: what files say of themselves. Needs no key and asks nobody. */
export async function inspectCommand(words: readonly string[], flags: { json?: boolean }): Promise<void> {
  const paths = encryptedIn(words);
  const found: object[] = [];
  const failed: (Description & { readonly name: string })[] = [];
  for (const path of paths) {
    try {
      const format = await formatNamed(formatNameOf(startOf(path)));
      found.push({ file: path, ...format.inspect(path) });
    } catch (error) {
      failed.push({ name: path, ...describeError(error) });
    }
  }
  if (flags.json) {
    const errors = failed.map(({ name, text, ...rest }) => ({ file: name, ...rest, error: text }));
    print(JSON.stringify([...found, ...errors]));
  } else if (found.length > 0) {
    print(found.map((each) => tableText(rowsOf(each))).join('\n\n'));
    print('Nothing of this is verified: that takes the key.');
  }
  endWith(failed);
}

/** Those that are named, and those of directories and patterns that are named as encrypted ones are. */
function encryptedIn(words: readonly string[]): readonly string[] {
  if (words.includes(STDIO))
    throw new UsageError('inspect needs the file itself: its size belongs to what it says');
  const { files } = findFiles(words);
  const encrypted = files.filter(({ named, name }) => named || ENCRYPTED_NAMES.fits(name));
  const left = files.length - encrypted.length;
  const others = `${counted(left, 'file')} ${ENCRYPTED_NAMES.others}`;
  if (encrypted.length === 0) {
    const why = left > 0 ? `, but ${others}: ${ENCRYPTED_NAMES.advice}` : '';
    throw new UsageError(`there is no encrypted file in ${words.join(', ')}${why}`);
  }
  if (left > 0) say(`note: ${others} left out`);
  return encrypted.map(({ path }) => path);
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
