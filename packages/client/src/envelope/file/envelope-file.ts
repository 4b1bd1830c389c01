import { existsSync, realpathSync } from 'node:fs';
import { EnvelopeError } from '../envelope-error.ts';
import { sameBytes } from '../format/bytes.ts';
import { type Layout, layoutOfFile } from '../format/chunks.ts';
import {
  FIXED_BYTES,
  type Header,
  headerLength,
  MAX_HEADER_BYTES,
  parseHeader,
  UNCHANGING_BYTES,
} from '../format/header.ts';
import { type Opened, openDataKey, type ReadOptions } from '../keys/open-envelope.ts';
import { InputFile } from './input-file.ts';

/**
 * Where a new header waits until it is in its file (envelope formats 4.6): beside the file itself, by whatever link
 * it was named, so that it is found by its own name too.
 */
export const sidePath = (path: string): string => `${realpathSync(path)}.kenv-header`;

/** The header of a file as it stands there. Throws as `parseHeader`. */
export function readHeader(input: InputFile): Header {
  const start = input.read(0, FIXED_BYTES);
  return parseHeader(input.read(0, Math.max(headerLength(start), start.length)));
}

/** The header of the side file, where there is one and it belongs to this file. */
export function readSideHeader(input: InputFile): Header | undefined {
  const path = sidePath(input.path);
  if (!existsSync(path)) return undefined;
  try {
    using side = new InputFile(path);
    const header = parseHeader(side.read(0, Math.min(side.bytes, MAX_HEADER_BYTES)));
    const start = input.read(0, UNCHANGING_BYTES);
    return sameBytes(header.bytes.subarray(0, UNCHANGING_BYTES), start) ? header : undefined;
  } catch (error) {
    if (error instanceof EnvelopeError) return undefined; // a side file that was cut off, or none at all: the file has its header
    throw error;
  }
}

export const layoutOf = (input: InputFile, header: Header): Layout =>
  layoutOfFile(header.bytes.length, 2 ** header.chunkLog2, input.bytes);

export interface OpenedFile extends Opened {
  readonly header: Header;
  readonly layout: Layout;
}

/**
 * Header, layout and keys. Where a rewrap was interrupted and left a header that does not open, the one of the
 * side file is taken.
 */
export async function openFile(input: InputFile, options: ReadOptions): Promise<OpenedFile> {
  const open = async (header: Header): Promise<OpenedFile> => {
    const layout = layoutOf(input, header);
    return { header, layout, ...(await openDataKey(header, options)) };
  };
  try {
    return await open(readHeader(input));
  } catch (error) {
    const side = error instanceof EnvelopeError ? readSideHeader(input) : undefined;
    if (!side) throw error;
    return await open(side).catch(() => {
      throw error;
    });
  }
}
