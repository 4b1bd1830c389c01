import type { Operation, ResponseOf } from '@keyhold/api/operation.ts';
import * as z from 'zod';
import { KmsError, UnexpectedAnswer } from './kms-error.ts';

/** Both dialects of the server's refusals (wire protocol 3.4). */
const Refusal = z.object({ Code: z.string(), Message: z.string(), RequestId: z.string().optional() });
const Identified = z.object({ RequestId: z.string() });

export interface Received {
  readonly status: number;
  /** Of the header; the body's own wins. */
  readonly requestId: string;
  readonly text: string;
}

/** The result as received, its shape checked. Throws KmsError or UnexpectedAnswer; `endpoint` is for its message. */
export function readAnswer<O extends Operation>(
  operation: O,
  endpoint: string,
  { status, requestId, text }: Received,
): ResponseOf<O> & { RequestId: string } {
  const body = parseJson(text);
  const refusal = Refusal.safeParse(body);
  if (refusal.success) {
    const { Code, Message, RequestId } = refusal.data;
    throw new KmsError({ code: Code, status, message: Message, requestId: RequestId ?? requestId });
  }
  if (body === undefined || status !== 200) {
    throw new UnexpectedAnswer(
      `${endpoint} answered with HTTP status ${status} and no KMS answer: is it a Keyhold server, or a proxy?`,
    );
  }
  const problem = operation.response.safeParse(body).error ?? Identified.safeParse(body).error;
  if (problem) {
    const where = problem.issues[0]?.path.join('.') || 'the answer';
    throw new UnexpectedAnswer(`${endpoint} answered ${operation.action} in an unknown shape (${where})`);
  }
  return body as ResponseOf<O> & { RequestId: string };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
