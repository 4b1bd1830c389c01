import { type Refusal, TokenRefused, TokenUnavailable } from '../token.ts';
import type { Received } from './channel.ts';
import { ANSWER } from './protocol.ts';

/** A call somebody waits for. */
export interface PendingCall {
  readonly kind: number;
  readonly fields: readonly Uint8Array[];
  /** Milliseconds that the token may take. */
  readonly patience: number;
  /** Given up then, wherever it is. */
  readonly until: number;
  /** When it went to the token's process. */
  sentAt: number;
  isSettled: boolean;
  readonly resolve: (results: readonly Buffer[] | undefined) => void;
  readonly reject: (error: Error) => void;
}

/** The token took the PIN for wrong. */
export class PinRefused extends Error {
  override readonly name = 'PinRefused';
}

export function giveUp(call: PendingCall, problem: string): void {
  refuse(call, new TokenUnavailable(problem));
}

/** An answer that comes too late is wiped: it may hold a plaintext. */
export function settle(call: PendingCall, source: string, { kind, fields }: Received): void {
  const [first = '', second = ''] = fields;
  if (call.isSettled) for (const field of fields) field.fill(0);
  else if (kind === ANSWER.done || kind === ANSWER.doesNotOpen) {
    call.isSettled = true;
    call.resolve(kind === ANSWER.done ? fields : undefined);
  } else if (kind === ANSWER.refused)
    refuse(call, new TokenRefused(String(first) as Refusal, String(second)));
  else if (kind === ANSWER.wrongPin) refuse(call, new PinRefused(String(first)));
  else refuse(call, new TokenUnavailable(`${source} failed: ${first}`));
}

function refuse(call: PendingCall, error: Error): void {
  if (call.isSettled) return;
  call.isSettled = true;
  call.reject(error);
}
