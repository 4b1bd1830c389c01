import { parentPort } from 'node:worker_threads';
import { EnvelopeError } from '../../envelope-error.ts';
import { type FilePair, type Open, type Outcome, openSmall, type Seal, sealSmall } from './small-file.ts';

export interface Slice {
  readonly files: readonly (FilePair & { readonly temporary: string })[];
  readonly order: Seal | Open;
}

export type Result =
  | Outcome
  | { readonly envelope: boolean; readonly code: string; readonly message: string };

function work({ files, order }: Slice): Result[] {
  return files.map((file) => {
    try {
      return order.direction === 'seal'
        ? sealSmall(file, file.temporary, order)
        : openSmall(file, file.temporary, order);
    } catch (error) {
      const { code = '', message } = error as NodeJS.ErrnoException;
      return { envelope: error instanceof EnvelopeError, code, message };
    }
  });
}

const port = parentPort;
port?.on('message', (slice: Slice) => port.postMessage(work(slice)));
