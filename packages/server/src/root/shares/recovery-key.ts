import { createHash, randomFillSync } from 'node:crypto';
import { combine, split } from 'shamir-secret-sharing';
import { DoesNotOpen } from '../../keys/domain-key.ts';
import { SecretBytes, secretRoom } from '../../secret-bytes.ts';
import { StartError } from '../../start-error.ts';
import { openUnder, type RootKey, sealUnder } from '../root-key.ts';
import { SET_BYTES, type Share } from './share.ts';

const FORMAT = 1;
const KEY_BYTES = 32;
const HEAD_BYTES = 1 + SET_BYTES + 2;
const LABEL = 'keyhold domain key under recovery key v1';
/** More people than that do not meet. */
export const MOST_SHARES = 32;

/** How a recovery key is split: said in the wrapping, so that `keyhold root status` can tell. */
export interface Splitting {
  readonly set: string;
  readonly threshold: number;
  readonly count: number;
}

/** A new recovery key in shares, and nowhere else. */
export async function newShares(
  count: number,
  threshold: number,
): Promise<{ readonly rootKey: RootKey; readonly shares: readonly Share[] }> {
  // Not a Buffer: the library takes none.
  const key = randomFillSync(secretRoom(KEY_BYTES));
  const set = fingerprint(key);
  const points = await split(key, count, threshold);
  const shares = points.map((each, at) => ({ set, threshold, count, index: at + 1, points: each }));
  return { rootKey: recoveryRootKey(new SecretBytes(key), { set, threshold, count }), shares };
}

/**
 * The recovery key of shares. Throws StartError: where they cannot belong together it says why; where one of them
 * was changed it says that, and not which one.
 */
export async function combineShares(shares: readonly Share[]): Promise<RootKey> {
  const [first] = shares;
  if (first === undefined) throw new StartError('there are no shares');
  const { set, threshold, count } = first;
  const other = shares.find((share) => share.set !== set);
  if (other) {
    throw new StartError(
      `share ${first.index} is of set ${set}, share ${other.index} of set ${other.set}: shares of two sets do not go together`,
    );
  }
  const twice = shares.find(({ index }, at) => shares.findIndex((share) => share.index === index) < at);
  if (twice)
    throw new StartError(`share ${twice.index} was given twice; ${threshold} different ones are needed`);
  if (shares.length < threshold) {
    throw new StartError(`${shares.length} shares are too few; ${threshold} of set ${set} are needed`);
  }
  const combined = await combine(shares.map(({ points }) => points)).catch(() => undefined);
  if (combined === undefined || fingerprint(combined) !== set) throw new StartError(NOT_TOGETHER);
  const key = secretRoom(combined.length);
  key.set(combined);
  combined.fill(0);
  return recoveryRootKey(new SecretBytes(key), { set, threshold, count });
}

const NOT_TOGETHER =
  'the shares are of one set, but do not fit together: at least one is not as it was printed; compare each with its print';

/**
 *   wrapped: format 1 | set 4 | threshold 1 | count 1 | nonce 12 | ciphertext | tag 16
 */
function recoveryRootKey(key: SecretBytes, splitting: Splitting): RootKey {
  const { set, threshold, count } = splitting;
  const head = Buffer.concat([
    Uint8Array.of(FORMAT),
    Buffer.from(set, 'hex'),
    Uint8Array.of(threshold, count),
  ]);
  const label = `${LABEL}:${head.toString('hex')}`;
  return {
    kind: 'shares',
    source: `the shares of set ${set}`,
    wrap: async (domainKey) => Buffer.concat([head, sealUnder(key.open(), label, domainKey)]),
    async unwrap(wrapped) {
      if (!head.equals(wrapped.subarray(0, HEAD_BYTES))) throw new DoesNotOpen();
      return openUnder(key.open(), label, wrapped.subarray(HEAD_BYTES));
    },
    [Symbol.dispose]: () => key.wipe(),
  };
}

/** Undefined where the bytes are not a wrapping by a recovery key. */
export function readSplitting(wrapped: Uint8Array): Splitting | undefined {
  const [format, threshold = 0, count = 0] = [wrapped[0], wrapped[1 + SET_BYTES], wrapped[2 + SET_BYTES]];
  if (format !== FORMAT || wrapped.length < HEAD_BYTES) return undefined;
  return { set: Buffer.from(wrapped.subarray(1, 1 + SET_BYTES)).toString('hex'), threshold, count };
}

/** Of 256 random bits: nobody finds them by it. */
const fingerprint = (key: Uint8Array): string =>
  createHash('sha256')
    .update('keyhold recovery key v1:')
    .update(key)
    .digest('hex')
    .slice(0, 2 * SET_BYTES);
