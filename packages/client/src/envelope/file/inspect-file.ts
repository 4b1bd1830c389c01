import { existsSync } from 'node:fs';
import { EnvelopeError } from '../envelope-error.ts';
import type { Header } from '../format/header.ts';
import { type Inspection, inspectHeader } from '../inspect.ts';
import { readHeader, readSideHeader, sidePath } from './envelope-file.ts';
import { InputFile } from './input-file.ts';

export interface FileInspection extends Inspection {
  /** A rewrap was interrupted: the next one, with a key, finishes or discards it. */
  readonly interruptedRewrap: boolean;
}

/** Reads the header only. Needs no key and asks nobody. */
export function inspectFile(path: string): FileInspection {
  using input = new InputFile(path);
  return {
    ...inspectHeader(readableHeader(input), input.bytes),
    interruptedRewrap: existsSync(sidePath(path)),
  };
}

/** Where an interrupted rewrap left none in the file, the one of the side file: the file opens by that. */
function readableHeader(input: InputFile): Header {
  try {
    return readHeader(input);
  } catch (error) {
    const side = error instanceof EnvelopeError ? readSideHeader(input) : undefined;
    if (!side) throw error;
    return side;
  }
}
