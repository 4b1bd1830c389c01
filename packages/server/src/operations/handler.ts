import type { Operation, RequestOf, ResponseOf } from '@keyhold/api/operation.ts';
import type { Asking } from '../access/authorise.ts';
import type { Caller } from '../access/caller.ts';
import type { NamedResource } from '../access/naming.ts';
import type { Ciphertext } from '../keys/ciphertext.ts';
import type { Key } from '../keys/key.ts';
import type { Kms } from '../kms.ts';
import type { Home } from '../store/store.ts';

/** An allowed call, as its handler sees it. */
export interface CallOf<O extends Operation> {
  readonly params: RequestOf<O>;
  readonly caller: Caller;
  readonly home: Home;
  /** Milliseconds since 1970: one instant for the whole call. */
  readonly now: number;
  readonly requestId: string;
  /** The key that the parameter names: it exists, and its kind and its state allow the operation. */
  key(parameter: keyof RequestOf<O> & string): Key;
  /** The blob in the parameter that names its key. */
  ciphertext(parameter: keyof RequestOf<O> & string): Ciphertext;
  readonly resources: readonly NamedResource[];
  /** For questions of permission beyond those that were asked before the handler ran. */
  readonly asking: Asking;
}

export interface Handler<O extends Operation = Operation> {
  readonly operation: O;
  readonly run: (kms: Kms, call: CallOf<O>) => ResponseOf<O> | Promise<ResponseOf<O>>;
}

export function handler<O extends Operation>(operation: O, run: Handler<O>['run']): Handler<O> {
  return { operation, run };
}
