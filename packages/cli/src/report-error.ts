import { EXIT } from './exit-codes.ts';
import { visible } from './visible.ts';

/** Says on stderr what went wrong and what to do about it; returns the exit code. */
export function reportError(error: unknown): number {
  if (!(error instanceof Error)) return say(EXIT.refused, `error: ${String(error)}`);
  // Compared by name: importing the classes would load the client and the server for `keyhold --version`.
  switch (error.name) {
    case 'CommanderError': // has been said
      return 'exitCode' in error && error.exitCode === 0 ? EXIT.done : EXIT.usage;
    case 'KmsError':
      return say(EXIT.refused, refusal(error));
    case 'KmsUnreachable':
    case 'UnexpectedAnswer':
      return say(EXIT.unreachable, `error: ${error.message}`);
    case 'UsageError':
      return say(EXIT.usage, `error: ${error.message}`);
    default:
      return say(EXIT.refused, `error: ${isBug(error) ? error.stack : error.message}`);
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
  const hint = error.hint ? `\n  try: ${error.hint}` : '';
  return `error: ${error.code} (${error.status}): ${error.message}${id}${hint}`;
}

/** Other errors were thrown to be read: a stack would hide what they say. */
const isBug = (error: Error): boolean =>
  [TypeError, RangeError, ReferenceError, SyntaxError].some((type) => error instanceof type);

function say(exitCode: number, text: string): number {
  process.stderr.write(`${visible(text)}\n`);
  return exitCode;
}
