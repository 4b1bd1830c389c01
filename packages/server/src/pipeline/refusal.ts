import { ApiError, ERRORS, type ErrorCode } from '@keyhold/api/errors.ts';
import { KMS } from '@keyhold/api/kms/product.ts';
import { TokenUnavailable } from '../hsm/token.ts';
import { KeyGone, StoreUnavailable } from '../store/store.ts';
import { TrailUnavailable } from '../trail/trail.ts';
import type { Call, Ports } from './call-state.ts';

/** The one place where what was thrown becomes what the caller is told. */
export function refusalOf(error: unknown, call: Call, ports: Pick<Ports, 'onFailure'>): ApiError {
  const refusal = asApiError(error);
  // A token that is away is told of once, and not by every call that needs it.
  if (refusal.status >= 500 && !(error instanceof TokenUnavailable)) ports.onFailure(error, call.requestId);
  if (isDryRun(call)) return dryRunRefusal(refusal);
  return isOfKms(call) ? refusal : inGatewayWords(refusal);
}

const isOfKms = ({ request }: Call): boolean => request === undefined || request.version === KMS.version;

/** What RAM, STS and ActionTrail call the same (RAM 5.3). */
const GATEWAY_CODES: Partial<Record<ErrorCode, ErrorCode>> = {
  'Forbidden.NoPermission': 'NoPermission',
  'Rejected.Throttling': 'Throttling.User',
  InternalFailure: 'InternalError',
  ServiceUnavailableTemporary: 'ServiceUnavailable',
};

function inGatewayWords(refusal: ApiError): ApiError {
  const code = GATEWAY_CODES[refusal.code];
  if (code === undefined) return refusal;
  const { retryAfterMs, accessDenied, cause } = refusal;
  return new ApiError(code, {}, { cause, accessDenied, ...(retryAfterMs !== undefined && { retryAfterMs }) });
}

function asApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  if (error instanceof TrailUnavailable) {
    return new ApiError('ServiceUnavailableTemporary', { reason: 'the call cannot be recorded' });
  }
  if (error instanceof StoreUnavailable) {
    return new ApiError('ServiceUnavailableTemporary', { reason: 'the database cannot be reached' });
  }
  if (error instanceof TokenUnavailable) {
    return new ApiError('ServiceUnavailableTemporary', { reason: 'the HSM does not answer' });
  }
  if (error instanceof KeyGone) return new ApiError('Forbidden.KeyNotFound');
  return new ApiError('InternalFailure');
}

const isDryRun = (call: Call): boolean =>
  call.parameters?.DryRun === true ||
  (call.parameters === undefined &&
    call.caller !== undefined &&
    call.operation !== undefined &&
    'DryRun' in call.operation.request.shape &&
    call.request?.parameters.get('DryRun')?.toLowerCase() === 'true');

/** With DryRun a call ends in one of three codes (KMS semantics 4.4). */
function dryRunRefusal(refusal: ApiError): ApiError {
  if (refusal.status >= 500 || refusal.status === 429 || refusal.code === 'DryRunOperationError')
    return refusal;
  if (ERRORS[refusal.code].dialect === 'gateway') return refusal;
  const code = refusal.code === 'Forbidden.NoPermission' ? 'AccessDeniedError' : 'ValidationError';
  return new ApiError(code, { reason: `${refusal.code}: ${refusal.message}` });
}
