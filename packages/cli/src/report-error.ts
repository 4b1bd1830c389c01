import { EXIT } from './exit-codes.ts';
import { visible } from './visible.ts';

/** Says on stderr what went wrong and what to do about it; returns the exit code. */
export function reportError(error: unknown): number {
  const { exitCode, text } = describeError(error);
  if (text !== '') process.stderr.write(`${visible(`error: ${text}`)}\n`);
  return exitCode;
}

export interface Description {
  readonly exitCode: number;
  /** Empty where all has been said. */
  readonly text: string;
}

export function describeError(error: unknown): Description {
  if (!(error instanceof Error)) return { exitCode: EXIT.refused, text: String(error) };
  // Compared by name: importing the classes would load the client and the server for `keyhold --version`.
  switch (error.name) {
    case 'CommanderError': // has been said
      return { exitCode: 'exitCode' in error && error.exitCode === 0 ? EXIT.done : EXIT.usage, text: '' };
    case 'FilesFailed': // has been said, file by file
      return { exitCode: 'exitCode' in error ? Number(error.exitCode) : EXIT.refused, text: '' };
    case 'KmsError':
      return { exitCode: EXIT.refused, text: refusal(error) };
    case 'KmsUnreachable':
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
  RangeOutside: { exitCode: EXIT.usage },
  SameFile: { hint: 'another name with -o', exitCode: EXIT.usage },
  OutputExists: { hint: '--force to replace it, or another name with -o', exitCode: EXIT.usage },
  NotAFile: { hint: 'give - and a pipe or a redirection for what is no regular file', exitCode: EXIT.usage },
};

interface Failures {
  readonly code?: string;
  readonly failures?: readonly {
    readonly recipient: string;
    readonly reason: string;
    readonly cause?: unknown;
  }[];
}

function envelope(error: Error & Failures): Description {
  const { failures = [] } = error;
  if (error.code !== 'NoUsableRecipient' || failures.length === 0) {
    const { hint, exitCode = EXIT.refused } = ENVELOPE[error.code ?? ''] ?? {};
    return { exitCode, text: `${error.message}${advice(hint)}` };
  }
  const reasons = failures.map(({ recipient, reason, cause }) => {
    const text = cause instanceof Error ? describeError(cause).text : reason;
    return `\n  ${recipient}: ${text.replaceAll('\n', '\n  ')}`;
  });
  const unlisted = failures.filter(({ reason }) => reason.includes('not on the list'));
  const hint = unlisted.length > 0 ? `--allow ${unlisted[0]?.recipient}, if you trust this key` : undefined;
  // One that is on the list and cannot be reached tells more than those that are not on it.
  const codes = failures
    .filter(({ cause }) => cause !== undefined)
    .map(({ cause }) => describeError(cause).exitCode);
  const [code = EXIT.usage, ...others] = new Set(codes);
  const text = `no key that may be used opens the file${reasons.join('')}${advice(hint)}`;
  return { exitCode: others.length === 0 ? code : EXIT.refused, text };
}

const SYSTEM: Readonly<Record<string, string>> = {
  ENOSPC: 'make room, or write elsewhere with -o; nothing was left behind',
  EDQUOT: 'make room, or write elsewhere with -o; nothing was left behind',
  EFBIG: 'write elsewhere with -o: files may not grow further here; nothing was left behind',
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
