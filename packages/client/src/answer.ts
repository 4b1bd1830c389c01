import * as z from 'zod';
import { KmsError, UnexpectedAnswer } from './kms-error.ts';
import type { Received } from './sending/fetch.ts';

/** Both dialects of the server's refusals (wire protocol 3.4). */
const Refusal = z.object({
  Code: z.string(),
  Message: z.string(),
  RequestId: z.string().optional(),
  AccessDeniedDetail: z.record(z.string(), z.unknown()).optional().catch(undefined),
});
const Identified = z.object({ RequestId: z.string() });

/** What is read of an answer: `response` is the contract's, absent where there is none. */
export interface Asked {
  readonly action: string;
  readonly response?: z.ZodObject | undefined;
}

/** The result as received, its shape checked. Throws KmsError or UnexpectedAnswer; `origin` is for its message. */
export function readAnswer(asked: Asked, origin: string, received: Received): object {
  const { status, requestId, retryAfterMs, text } = received;
  const body = parseJson(text);
  const refusal = Refusal.safeParse(body);
  if (refusal.success) {
    const { Code, Message, RequestId, AccessDeniedDetail } = refusal.data;
    throw new KmsError({
      code: Code,
      status,
      message: Message,
      requestId: RequestId ?? requestId,
      retryAfterMs,
      accessDeniedDetail: AccessDeniedDetail,
    });
  }
  if (body === undefined || status !== 200) throw new UnexpectedAnswer(foreign(origin, status), status);
  const problem = asked.response?.safeParse(body).error ?? Identified.safeParse(body).error;
  if (problem) {
    const where = problem.issues[0]?.path.join('.') || 'the answer';
    throw new UnexpectedAnswer(`${origin} answered ${asked.action} in an unknown shape (${where})`, status);
  }
  return body as object; // Identified has looked
}

/** Browsers give a redirect the status 0. */
const foreign = (origin: string, status: number): string =>
  status === 0 || (status >= 300 && status < 400)
    ? `${origin} answered with a redirect, which is not followed: give the final address as the endpoint`
    : `${origin} answered with HTTP status ${status} and no KMS answer: is it a Keyhold server, or a proxy?`;

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
