import { EXIT } from './exit-codes.ts';
import { visible } from './visible.ts';

/** Says on stderr what went wrong and what to do about it; returns the exit code. */
export function reportError(error: unknown): number {
  const { exitCode, text } = describeError(error);
  if (text !== '') process.stderr.write(`${visible(`error: ${text}`)}\n`);
  return exitCode;
}

export interface Description extends Said {
  /** What programs tell errors apart by: the server's or the library's code, else the kind of the error. */
  readonly code: string;
  readonly requestId: string | undefined;
}

interface Said {
  readonly exitCode: number;
  /** Empty where all has been said. */
  readonly text: string;
}

export function describeError(error: unknown): Description {
  if (!isSuppressed(error)) return { ...said(error), code: codeOf(error), requestId: requestIdOf(error) };
  const first = describeError(error.suppressed);
  return { ...first, text: `${first.text}\n  and then: ${describeError(error.error).text}` };
}

/** Something failed, and then the clean-up did. */
const isSuppressed = (
  error: unknown,
): error is Error & { readonly error: unknown; readonly suppressed: unknown } =>
  error instanceof Error && error.name === 'SuppressedError';

function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'Error';
  return 'code' in error && typeof error.code === 'string' && error.code !== '' ? error.code : error.name;
}

/** Of a file that no key opened: that of the first refusal. */
function requestIdOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const { requestId, failures = [] }: Error & Refusal & Failures = error;
  return requestId || failures.map(({ cause }) => requestIdOf(cause)).find((id) => id !== undefined);
}

function said(error: unknown): Said {
  if (!(error instanceof Error)) return { exitCode: EXIT.refused, text: String(error) };
  // Compared by name: importing the classes would load the client and the server for `keyhold --version`.
  switch (error.name) {
    case 'CommanderError': // has been said
      return { exitCode: commanderExit(error), text: '' };
    case 'FilesFailed': // has been said, file by file
      return { exitCode: 'exitCode' in error ? Number(error.exitCode) : EXIT.refused, text: '' };
    case 'KmsError':
      return { exitCode: EXIT.refused, text: refusal(error) };
    case 'KmsUnreachable': {
      const hint = error.message.includes('NODE_EXTRA_CA_CERTS') ? CA_ADVICE : undefined;
      return { exitCode: EXIT.unreachable, text: `${error.message}${advice(hint)}` };
    }
    case 'UnexpectedAnswer':
      return { exitCode: EXIT.unreachable, text: error.message };
    case 'UsageError':
      return { exitCode: EXIT.usage, text: error.message };
    case 'EnvelopeError':
      return envelope(error);
    case 'PartlyPrinted': {
      const { exitCode, text } = describeError(error.cause);
      return { exitCode, text: `${text}\n  ${error.message}` };
    }
    default:
      if (needsServer(error)) return { exitCode: EXIT.refused, text: SERVER_MISSING };
      return { exitCode: EXIT.refused, text: isBug(error) ? (error.stack ?? error.message) : system(error) };
  }
}

/** Its own for wrong usage is that of what servers refuse; `exec` has another one. */
function commanderExit({ exitCode = 1 }: Error & { readonly exitCode?: number }): number {
  return exitCode === 1 ? EXIT.usage : exitCode;
}

interface Refusal {
  readonly code?: string;
  readonly status?: number;
  readonly requestId?: string;
  readonly hint?: string | undefined;
}

function refusal(error: Error & Refusal): string {
  const id = error.requestId ? `\n  request id ${error.requestId}` : '';
  return `${error.code} (${error.status}): ${error.message}${id}${advice(error.hint)}`;
}

const advice = (hint: string | undefined): string => (hint ? `\n  try: ${hint}` : '');

const CONTEXT_ADVICE = 'give the context that the file was encrypted with: --context name=value';
const CA_ADVICE = 'keyhold configure set --ca-file FILE';
/** Where the file does not store its context KMS alone can tell, and it does not say why. */
export const SAME_CONTEXT = 'is --context the one it was encrypted with?';
const OTHER_COPY = 'take another copy of the file; nothing of this one is to be trusted';

/** By code: what to do on this command line, and whose fault it is. */
const ENVELOPE: Readonly<Record<string, { readonly hint?: string; readonly exitCode?: number }>> = {
  NotAnEnvelope: { exitCode: EXIT.data },
  UnsupportedVersion: { hint: 'use a newer keyhold', exitCode: EXIT.data },
  InvalidHeader: { hint: OTHER_COPY, exitCode: EXIT.data },
  Truncated: { hint: OTHER_COPY, exitCode: EXIT.data },
  HeaderModified: { exitCode: EXIT.data },
  DamagedChunk: { hint: OTHER_COPY, exitCode: EXIT.data },
  FileChanged: { exitCode: EXIT.data },
  ContextRequired: { hint: CONTEXT_ADVICE, exitCode: EXIT.usage },
  ContextMismatch: { hint: CONTEXT_ADVICE, exitCode: EXIT.usage },
  InvalidContext: { exitCode: EXIT.usage },
  InvalidRecipient: { exitCode: EXIT.usage },
  InvalidOption: { exitCode: EXIT.usage },
  NoUsableRecipient: { hint: '--allow KEY for a key that you trust', exitCode: EXIT.usage },
  TooLarge: { exitCode: EXIT.usage },
  UnusableAnswer: { exitCode: EXIT.unreachable },
  RangeOutside: { exitCode: EXIT.usage },
  SameFile: { hint: 'another name with -o', exitCode: EXIT.usage },
  OutputExists: { hint: '--force to replace it, or another name with -o', exitCode: EXIT.usage },
  NotAFile: { hint: 'give - and a pipe or a redirection for what is no regular file', exitCode: EXIT.usage },
};

/** The library's words for options, and the flags that set them. */
const FLAGS: readonly (readonly [words: string, flag: string])[] = [
  ['allow unauthenticated bodies', '--allow-unauthenticated'],
  ['give the SecretData', '--stored-header FILE'],
  ['write an envelope', '--format kenv'],
];

interface Failures {
  readonly code?: string;
  readonly failures?: readonly {
    readonly recipient: string;
    readonly reason: string;
    readonly cause?: unknown;
  }[];
}

function envelope(error: Error & Failures): Said {
  const { failures = [] } = error;
  if (error.code !== 'NoUsableRecipient' || failures.length === 0) {
    const { hint, exitCode = EXIT.refused } = ENVELOPE[error.code ?? ''] ?? {};
    const flag = FLAGS.find(([words]) => error.message.includes(words))?.[1];
    return { exitCode, text: `${error.message}${advice(hint ?? flag)}` };
  }
  const reasons = failures.map(({ recipient, reason, cause }) => {
    const text = cause instanceof Error ? describeError(cause).text : reason;
    return `\n  ${recipient}: ${text.replaceAll('\n', '\n  ')}`;
  });
  const unlisted = failures.filter(({ reason }) => reason.includes('not on the list'));
  const unlistedHint =
    unlisted.length > 0 ? `--allow ${unlisted[0]?.recipient}, if you trust this key` : undefined;
  const hint = failures.some(({ cause }) => isWrongBlob(cause)) ? SAME_CONTEXT : unlistedHint;
  // One that is on the list and cannot be reached tells more than those that are not on it.
  const codes = failures
    .filter(({ cause }) => cause !== undefined)
    .map(({ cause }) => describeError(cause).exitCode);
  const [code = EXIT.usage, ...others] = new Set(codes);
  const text = `no key that may be used opens the file${reasons.join('')}${advice(hint)}`;
  return { exitCode: others.length === 0 ? code : EXIT.refused, text };
}

/** What KMS says of a ciphertext that was changed, and of another context than its own. */
export const isWrongBlob = (error: unknown): boolean =>
  error instanceof Error && error.name === 'KmsError' && error.message.includes('"CiphertextBlob"');

const SYSTEM: Readonly<Record<string, string>> = {
  ENOSPC: 'make room, or write elsewhere; nothing was left behind',
  EDQUOT: 'make room, or write elsewhere; nothing was left behind',
  EFBIG: 'write elsewhere: files may not grow further here; nothing was left behind',
};

function system(error: Error & { readonly code?: unknown }): string {
  return `${error.message}${advice(typeof error.code === 'string' ? SYSTEM[error.code] : undefined)}`;
}

const SERVER_MISSING =
  'this command is for the machine of the server, and its packages are not installed here: npm install @keyhold/server pino';

const needsServer = (error: Error): boolean =>
  'code' in error &&
  error.code === 'ERR_MODULE_NOT_FOUND' &&
  /package '(@keyhold\/server|pino)/.test(error.message);

/** Other errors were thrown to be read: a stack would hide what they say. */
const isBug = (error: Error): boolean =>
  [TypeError, RangeError, ReferenceError, SyntaxError].some((type) => error instanceof type);
