import { ApiError } from '@keyhold/api/errors.ts';
import type { Ports } from './pipeline/call-state.ts';

/**
 * What the pipeline has before there is a root key: it reads requests and answers each in its dialect, and whatever
 * it needs beyond that makes the call fail with the reason. `become` puts the real ones in place.
 */
export function waitingPorts(
  reason: string,
  now: () => number,
): { readonly ports: Ports; readonly become: (real: Ports) => void } {
  const refuse = (): never => {
    throw new ApiError('ServiceUnavailableTemporary', { reason });
  };
  const ports: Ports = {
    now,
    onFailure: () => undefined, // why has been logged once
    get kms() {
      return refuse();
    },
    get accessKeys() {
      return refuse();
    },
    get replayGuard() {
      return refuse();
    },
    get throttle() {
      return refuse();
    },
    get trail() {
      return refuse();
    },
  };
  // The HTTP server keeps the object, so that one listener serves before and after.
  return { ports, become: (real) => Object.defineProperties(ports, Object.getOwnPropertyDescriptors(real)) };
}
