import { EnvelopeError } from '../../envelope-error.ts';
import type { Room } from './room.ts';
import { type Open, type Outcome, openSmall, type Reservation, type Seal, sealSmall } from './small-file.ts';

/** Some files and what to do with them. Plain data, as is the result: they go to threads and back. */
export interface Slice {
  readonly files: readonly Reservation[];
  readonly order: Seal | Open;
}

export type Result =
  | Outcome
  | { readonly envelope: boolean; readonly code: string; readonly message: string };

export function doSlice({ files, order }: Slice, room: Room): Result[] {
  return files.map((file) => {
    try {
      return order.direction === 'seal' ? sealSmall(file, order, room) : openSmall(file, order, room);
    } catch (error) {
      const { code = '', message } = error as NodeJS.ErrnoException;
      return { envelope: error instanceof EnvelopeError, code, message };
    }
  });
}
