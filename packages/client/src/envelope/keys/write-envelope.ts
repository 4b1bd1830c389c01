import { type KeyObject, randomBytes } from 'node:crypto';
import { EnvelopeError } from '../envelope-error.ts';
import { joined } from '../format/bytes.ts';
import { type Context, contextForKms, writeContext } from '../format/context.ts';
import {
  DEFAULT_CHUNK_LOG2,
  headerBytesOf,
  MAX_CHUNK_LOG2,
  MIN_CHUNK_LOG2,
  parameterBytes,
  SALT_BYTES,
  writeHeader,
} from '../format/header.ts';
import { fingerprintText, type Recipient } from '../format/recipients.ts';
import { connectionNumber, type DataKey, type DataKeyCache } from './data-key-cache.ts';
import { type Cmk, type Connect, encryptDataKey, generateDataKey, parseCmk } from './data-keys.ts';
import { deriveKeys, type EnvelopeKeys } from './envelope-keys.ts';
import { fingerprintOf, wrapForRecovery } from './recovery.ts';

export interface WriteOptions {
  readonly connect: Connect;
  /** Key ARNs, at least one: each of them can open the file. The first makes the data key. */
  readonly cmks: readonly string[];
  /** RSA public keys for the day when KMS is gone: `readRecoveryPublicKey`. */
  readonly recoveryKeys?: readonly KeyObject[] | undefined;
  /** Bound to the file and sent to KMS; readable in the file unless `storeContext` is false. */
  readonly context?: Context | undefined;
  /** false: readers have to know the context. */
  readonly storeContext?: boolean | undefined;
  /** A chunk holds 2^chunkLog2 bytes: 12 to 24, 16 where absent. */
  readonly chunkLog2?: number | undefined;
  readonly cache?: DataKeyCache | undefined;
  /** Ends a call of KMS too, unless it is for the cache: others may wait for that. */
  readonly signal?: AbortSignal | undefined;
}

export interface NewEnvelope {
  readonly header: Uint8Array;
  readonly chunkBytes: number;
  /** Wiped by the caller. */
  readonly keys: EnvelopeKeys;
}

/** Room for other recipients later, in files that would be a pity to copy for it (envelope formats 4.6). */
const PADDED_FROM_BYTES = 1024 * 1024;
const PADDING_BYTES = 4096;

/** What the keys and the header of a file are made of. */
export interface Shape {
  readonly storeContext: boolean;
  /** Also where it is not stored. */
  readonly contextBytes: Uint8Array;
  readonly chunkLog2: number;
}

/** The options, checked before any call. */
export interface Plan extends Shape {
  readonly options: WriteOptions;
  readonly cmks: readonly Cmk[];
}

/** Throws InvalidRecipient, InvalidContext, InvalidOption. */
export function planEnvelope(options: WriteOptions): Plan {
  const chunkLog2 = options.chunkLog2 ?? DEFAULT_CHUNK_LOG2;
  if (!Number.isInteger(chunkLog2) || chunkLog2 < MIN_CHUNK_LOG2 || chunkLog2 > MAX_CHUNK_LOG2) {
    throw new EnvelopeError(
      'InvalidOption',
      `chunkLog2 is a whole number from ${MIN_CHUNK_LOG2} to ${MAX_CHUNK_LOG2}, not ${chunkLog2}`,
    );
  }
  const cmks = options.cmks.map(parseCmk);
  if (cmks.length === 0) throw new EnvelopeError('InvalidRecipient', 'name at least one CMK to encrypt for');
  if (new Set(options.cmks).size < cmks.length) {
    throw new EnvelopeError('InvalidRecipient', 'a CMK is named twice: name each once');
  }
  return {
    options,
    cmks,
    contextBytes: writeContext(options.context ?? {}),
    storeContext: options.storeContext ?? true,
    chunkLog2,
  };
}

/** `plaintextBytes` is undefined where nobody knows it yet: such a file gets a data key of its own. */
export async function newEnvelope(plan: Plan, plaintextBytes: number | undefined): Promise<NewEnvelope> {
  const { dataKey, recipients } = await dataKeyFor(plan, plaintextBytes);
  try {
    return sealEnvelope(plan, dataKey, recipients, plaintextBytes, randomBytes(SALT_BYTES));
  } finally {
    dataKey.fill(0);
  }
}

/** For `messages` files that have `plaintextBytes` together. The caller wipes it. */
export function dataKeyFor(plan: Plan, plaintextBytes: number | undefined, messages = 1): Promise<DataKey> {
  const { cache } = plan.options;
  const make = () => makeDataKey(plan);
  return cache && plaintextBytes !== undefined
    ? cache.forWriting(nameOf(plan), plaintextBytes, make, messages)
    : make();
}

/** Everything that the data key and its recipients depend on (envelope formats 2.8). */
function nameOf({ options, cmks, contextBytes }: Plan): string {
  return JSON.stringify([
    cmks.map((cmk) => [cmk.arn, connectionNumber(options.connect(cmk))]),
    (options.recoveryKeys ?? []).map((key) => fingerprintText(fingerprintOf(key))),
    Buffer.from(contextBytes).toString('base64'),
  ]);
}

async function makeDataKey({ options, cmks, contextBytes }: Plan): Promise<DataKey> {
  const [first, ...further] = cmks;
  if (!first) throw new TypeError('a plan has a CMK');
  const context = contextForKms(contextBytes);
  const call = { signal: options.cache ? undefined : options.signal };
  const { dataKey, recipient } = await generateDataKey(first, options.connect(first), context, call);
  try {
    const recipients: Recipient[] = [
      recipient,
      ...(await Promise.all(
        further.map((cmk) => encryptDataKey(cmk, options.connect(cmk), dataKey, context, call)),
      )),
      ...(options.recoveryKeys ?? []).map((key) => wrapForRecovery(key, dataKey)),
    ];
    return { dataKey, recipients };
  } catch (error) {
    dataKey.fill(0);
    throw error;
  }
}

/** The header and the keys of a new file; the data key stays the caller's. */
export function sealEnvelope(
  { storeContext, contextBytes, chunkLog2 }: Shape,
  dataKey: Uint8Array,
  recipients: readonly Pick<Recipient, 'encoded'>[],
  plaintextBytes: number | undefined,
  salt: Uint8Array,
): NewEnvelope {
  const parameters = parameterBytes(chunkLog2, storeContext, salt);
  const keys = deriveKeys(dataKey, parameters, contextBytes);
  const parts = {
    unchanging: joined([parameters, keys.commitment]),
    contextBytes: storeContext ? contextBytes : new Uint8Array(0),
    recipients,
  };
  const bytes = headerBytesOf(parts);
  const padded = plaintextBytes === undefined || plaintextBytes >= PADDED_FROM_BYTES;
  const length = padded ? paddedLength(bytes) : bytes;
  try {
    return {
      header: writeHeader(parts, length, (tagged) => keys.sign(tagged)),
      chunkBytes: 2 ** chunkLog2,
      keys,
    };
  } catch (error) {
    keys.wipe();
    throw error;
  }
}

export const paddedLength = (bytes: number): number => Math.ceil(bytes / PADDING_BYTES) * PADDING_BYTES;
