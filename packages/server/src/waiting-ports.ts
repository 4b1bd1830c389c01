import { ApiError } from '@keyhold/api/errors.ts';
import type { Ports } from './pipeline/call-state.ts';

/**
 * What the pipeline has before there is a root key: it reads requests and answers each in its dialect, and whatever
 * it needs beyond that makes the call fail with the reason. `become` puts the real ones in place; the object stays,
 * so that one listener serves before and after.
 */
export function waitingPorts(
  reason: string,
  now: () => number,
): { readonly ports: Ports; readonly become: (real: Ports) => void } {
  const known: Partial<Ports> = { now, onFailure: () => undefined }; // why has been logged once
  const ports = new Proxy(known, {
    get(_, name) {
      if (name in known) return known[name as keyof Ports];
      throw new ApiError('ServiceUnavailableTemporary', { reason });
    },
  }) as Ports;
  return { ports, become: (real) => void Object.assign(known, real) };
}
