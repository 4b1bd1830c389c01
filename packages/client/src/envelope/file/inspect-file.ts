import { existsSync } from 'node:fs';
import { type Inspection, inspectHeader } from '../inspect.ts';
import { readHeader, sidePath } from './envelope-file.ts';
import { InputFile } from './input-file.ts';

export interface FileInspection extends Inspection {
  /** A rewrap was interrupted: the next one, with a key, finishes or discards it. */
  readonly interruptedRewrap: boolean;
}

/** Reads the header only. Needs no key and asks nobody. */
export function inspectFile(path: string): FileInspection {
  using input = new InputFile(path);
  return { ...inspectHeader(readHeader(input), input.bytes), interruptedRewrap: existsSync(sidePath(path)) };
}
