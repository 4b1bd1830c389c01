import { ApiError } from '@keyhold/api/errors.ts';
import { readAcs3 } from './acs3.ts';
import { isHeaderSigned } from './acs3-authorization.ts';
import type { RawRequest, SignedRequest } from './request.ts';
import { readRpc } from './rpc.ts';

const ABSOLUTE_FORM = /^https?:\/\/[^/?]*/i;

/**
 * Understands a request of either style; nothing in it is believed until its signature is verified. Throws
 * nothing but ApiError. The Authorization header alone decides the style: clients send `x-acs-action` and
 * `x-acs-version` with plain RPC requests too (wire protocol 0.1).
 */
export function readRequest(raw: RawRequest): SignedRequest {
  const method = methodOf(raw);
  checkPath(raw.target);
  return isHeaderSigned(raw) ? readAcs3(raw, method) : readRpc(raw, method);
}

function methodOf({ method }: RawRequest): 'GET' | 'POST' {
  if (method === 'GET' || method === 'POST') return method;
  throw new ApiError('UnsupportedHTTPMethod', { method });
}

/** The path is `/` or empty; a proxy may have sent the whole URL. */
function checkPath(target: string): void {
  if (target.startsWith('/?') || target === '/') return;
  const path = target.replace(ABSOLUTE_FORM, '').split('?', 1)[0];
  if (path !== '' && path !== '/')
    throw new ApiError('InvalidAction.NotFound', { action: 'the path is not /' });
}
