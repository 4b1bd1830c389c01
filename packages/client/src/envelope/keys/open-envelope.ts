import type { KeyObject } from 'node:crypto';
import { EnvelopeError, type RecipientFailure } from '../envelope-error.ts';
import { sameBytes } from '../format/bytes.ts';
import { type Context, contextForKms, writeContext } from '../format/context.ts';
import { type Header, parametersOf } from '../format/header.ts';
import { type CmkRecipient, nameOf, type RecoveryRecipient } from '../format/recipients.ts';
import { connectionNumber, type DataKeyCache } from './data-key-cache.ts';
import { type Connect, type DataKeys, decryptDataKey, parseCmk } from './data-keys.ts';
import { DATA_KEY_BYTES, deriveKeys, type EnvelopeKeys } from './envelope-keys.ts';
import { fingerprintOf, openWithRecovery } from './recovery.ts';

export interface ReadOptions {
  /** May be absent where a recovery key opens the file. */
  readonly connect?: Connect | undefined;
  /**
   * The key ARNs that may be asked, none where absent. 'any' lets the file choose which key of the account is
   * used: for tools that only look, not for services.
   */
  readonly allow?: readonly string[] | 'any' | undefined;
  /** Its CMKs are asked first. */
  readonly region?: string | undefined;
  /** Opens the file without KMS: `readRecoveryPrivateKey`. */
  readonly recoveryKey?: KeyObject | undefined;
  /** Needed where the file does not store it; where it does, the two have to be the same. */
  readonly context?: Context | undefined;
  readonly cache?: DataKeyCache | undefined;
  /** Ends a call of KMS too, unless it is for the cache: others may wait for that. */
  readonly signal?: AbortSignal | undefined;
  /** Told of every recipient that was tried in vain before another one opened the file. */
  readonly onRecipientFailure?: ((failure: RecipientFailure) => void) | undefined;
}

/** Wiped by the caller, both. */
export interface Opened {
  readonly dataKey: Uint8Array;
  readonly keys: EnvelopeKeys;
}

/** The keys of the chunks. The caller wipes them. Throws as `openDataKey`. */
export async function openEnvelope(header: Header, options: ReadOptions): Promise<EnvelopeKeys> {
  const { dataKey, keys } = await openDataKey(header, options);
  dataKey.fill(0);
  return keys;
}

/**
 * Tries the recipients until one gives the data key of this file. Throws ContextRequired, ContextMismatch,
 * NoUsableRecipient, HeaderModified.
 */
export async function openDataKey(header: Header, options: ReadOptions): Promise<Opened> {
  const contextBytes = contextOf(header, options);
  const failures: RecipientFailure[] = [];
  const fail = (recipient: string, reason: string, cause?: unknown): void => {
    failures.push({ recipient, reason, cause });
  };
  for (const { recipient, open } of candidates(header, options, contextBytes, fail)) {
    let dataKey: Uint8Array;
    try {
      dataKey = await open();
    } catch (error) {
      options.signal?.throwIfAborted();
      fail(recipient, error instanceof Error ? error.message : String(error), error);
      continue;
    }
    const opened = tryDataKey(header, contextBytes, dataKey);
    if (opened) {
      for (const failure of failures) options.onRecipientFailure?.(failure);
      return opened;
    }
    fail(recipient, 'it gave a data key that is not the one of this file');
  }
  const reasons = failures.map(({ recipient, reason }) => `${recipient}: ${reason}`);
  throw new EnvelopeError(
    'NoUsableRecipient',
    `no recipient of the file gave its data key. ${reasons.join('; ')}`,
    {
      failures,
    },
  );
}

/** The serialised context the keys are bound to. */
export function contextOf(header: Header, { context }: ReadOptions): Uint8Array {
  const given = context && writeContext(context);
  const stored = header.context && writeContext(header.context);
  if (given && stored && !sameBytes(given, stored)) {
    throw new EnvelopeError(
      'ContextMismatch',
      'the encryption context of the file is not the one that was given',
    );
  }
  const bytes = stored ?? given;
  if (!bytes) {
    throw new EnvelopeError(
      'ContextRequired',
      'the file does not store its encryption context: give the one it was encrypted with',
    );
  }
  return bytes;
}

/** Undefined where it is not the data key of this file; takes it over then. */
export function tryDataKey(
  header: Header,
  contextBytes: Uint8Array,
  dataKey: Uint8Array,
): Opened | undefined {
  const keys =
    dataKey.length === DATA_KEY_BYTES ? deriveKeys(dataKey, parametersOf(header), contextBytes) : undefined;
  if (keys?.fit(header) && keys.signed(header)) return { dataKey, keys };
  const modified = keys?.fit(header);
  dataKey.fill(0);
  keys?.wipe();
  if (modified) {
    throw new EnvelopeError(
      'HeaderModified',
      'the header was modified after the file was written: use another copy',
    );
  }
  return undefined;
}

interface Candidate {
  readonly recipient: string;
  readonly open: () => Promise<Uint8Array>;
  /** Lower is sooner: offline, in memory, same region, the others. */
  readonly rank: number;
}

/** In the order in which they are tried (envelope formats 4.4). */
function candidates(
  header: Header,
  options: ReadOptions,
  contextBytes: Uint8Array,
  fail: (recipient: string, reason: string) => void,
): Candidate[] {
  const found: Candidate[] = [];
  for (const recipient of header.recipients) {
    const candidate =
      recipient.kind === 'cmk'
        ? cmkCandidate(recipient, options, contextBytes)
        : recipient.kind === 'recovery'
          ? recoveryCandidate(recipient, options)
          : 'this program cannot open recipients of its kind';
    if (typeof candidate === 'string') fail(nameOf(recipient), candidate);
    else found.push(candidate);
  }
  if (options.recoveryKey && !header.recipients.some(({ kind }) => kind === 'recovery')) {
    fail('the recovery key', 'the file has no recovery key');
  }
  return found.sort((a, b) => a.rank - b.rank);
}

function recoveryCandidate(recipient: RecoveryRecipient, { recoveryKey }: ReadOptions): Candidate | string {
  if (!recoveryKey) return 'its private key was not given';
  if (!sameBytes(fingerprintOf(recoveryKey), recipient.fingerprint)) return 'the private key is another one';
  return {
    recipient: nameOf(recipient),
    rank: 0,
    open: async () => openWithRecovery(recoveryKey, recipient),
  };
}

function cmkCandidate(
  recipient: CmkRecipient,
  { allow = [], connect, region, cache, signal }: ReadOptions,
  contextBytes: Uint8Array,
): Candidate | string {
  if (allow !== 'any' && !allow.includes(recipient.cmk))
    return 'it is not on the list of keys that may be used';
  if (!connect) return 'there is no connection to KMS';
  const cmk = parseCmk(recipient.cmk);
  const kms = attempt(() => connect(cmk));
  if (typeof kms === 'string') return kms;
  const open = () =>
    decryptDataKey(recipient, kms, contextForKms(contextBytes), { signal: cache ? undefined : signal });
  const name = JSON.stringify([
    cmk.arn,
    connectionNumber(kms),
    Buffer.from(recipient.ciphertext).toString('base64'),
    Buffer.from(contextBytes).toString('base64'),
  ]);
  return {
    recipient: cmk.arn,
    rank: cache?.hasForReading(name) ? 1 : cmk.region === region ? 2 : 3,
    open: cache ? () => cache.forReading(name, open) : open,
  };
}

/** A region that this program does not know how to reach must not keep the other recipients from being tried. */
function attempt(connect: () => DataKeys): DataKeys | string {
  try {
    return connect();
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
