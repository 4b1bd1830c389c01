import { UnexpectedAnswer } from '../kms-error.ts';
import type { SignedRequest } from '../signing/outgoing.ts';
import { tooSlow, unreachable } from './network.ts';

/** What is used of the runtime's `fetch`; `node/private-ca.ts` has another. */
export type Fetch = (url: string, request: FetchRequest) => Promise<FetchResponse>;

export interface FetchRequest extends SignedRequest {
  readonly method: 'POST';
  /** A signed request goes where it was meant to go. */
  readonly redirect: 'manual';
  readonly signal: AbortSignal;
}

export interface FetchResponse {
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  readonly body: ReadableStream<Uint8Array> | null;
}

/** An answer as it came. */
export interface Received {
  readonly status: number;
  /** Of the header; the body's own wins. */
  readonly requestId: string;
  readonly retryAfterMs: number | undefined;
  readonly text: string;
}

/** The largest answers are pages of a hundred entries: megabytes come from something else. */
const MAX_ANSWER_BYTES = 16 * 1024 * 1024;

/** One attempt. Throws KmsUnreachable, or UnexpectedAnswer for an answer that never ends. */
export async function exchange(
  fetch: Fetch,
  origin: string,
  request: SignedRequest,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<Received> {
  try {
    const response = await fetch(`${origin}/`, { method: 'POST', ...request, redirect: 'manual', signal });
    return {
      status: response.status,
      requestId: response.headers.get('x-acs-request-id') ?? '',
      retryAfterMs: readRetryAfter(response.headers),
      text: await readText(response, origin),
    };
  } catch (error) {
    if (error instanceof UnexpectedAnswer) throw error;
    throw signal.aborted ? tooSlow(origin, timeoutMs, error) : unreachable(origin, error);
  }
}

async function readText({ status, body }: FetchResponse, origin: string): Promise<string> {
  if (body === null) return '';
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return text + decoder.decode();
    bytes += value.byteLength;
    if (bytes > MAX_ANSWER_BYTES) {
      await reader.cancel();
      throw new UnexpectedAnswer(`${origin} answered with more than 16 MiB: is it a KMS server?`, status);
    }
    text += decoder.decode(value, { stream: true });
  }
}

/** `x-acs-retry-after` in milliseconds (wire protocol 3.2), else `Retry-After` in seconds or as a date. */
export function readRetryAfter(headers: FetchResponse['headers'], now = Date.now()): number | undefined {
  const ours = headers.get('x-acs-retry-after');
  if (ours !== null && /^\d{1,9}$/.test(ours)) return Number(ours);
  const common = headers.get('retry-after');
  if (common === null) return undefined;
  if (/^\d{1,6}$/.test(common)) return Number(common) * 1000;
  const date = Date.parse(common);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}
