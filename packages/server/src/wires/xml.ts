import { XMLBuilder } from 'fast-xml-parser';

const BUILDER = new XMLBuilder({ ignoreAttributes: true, suppressEmptyNode: false });

/** What XML 1.0 cannot hold at all: control characters, unpaired surrogates and two non-characters. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what it looks for
const UNWRITABLE = /[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/g;

/**
 * One element per member, a list as repeated elements, under `root` (wire protocol 3.3). Characters XML cannot
 * hold become U+FFFD; a carriage return is escaped, because readers turn a bare one into a line feed.
 */
export function renderXml(root: string, members: Readonly<Record<string, unknown>>): string {
  const elements = BUILDER.build({ [root]: members });
  const text = elements.toWellFormed().replace(UNWRITABLE, '\ufffd').replaceAll('\r', '&#13;');
  return `<?xml version='1.0' encoding='UTF-8'?>${text}`;
}
