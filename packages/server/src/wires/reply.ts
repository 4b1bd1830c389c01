import type { ApiError } from '@keyhold/api/errors.ts';
import { ERRORS } from '@keyhold/api/errors.ts';
import { KMS } from '@keyhold/api/kms/product.ts';
import { headerValues } from './headers.ts';
import { replyFormat } from './reply-format.ts';
import type { Format, RawRequest, SignedRequest } from './request.ts';
import { renderXml } from './xml.ts';

export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** The call that is answered; without `request` where it was not understood. */
interface Answered {
  readonly requestId: string;
  readonly raw: RawRequest;
  readonly request?: SignedRequest;
}

type Members = Readonly<Record<string, unknown>>;

/** Exactly so: Tea compares the XML one as text (wire protocol 3.2). */
const CONTENT_TYPES: Readonly<Record<Format, string>> = {
  JSON: 'application/json;charset=utf-8',
  XML: 'text/xml;charset=utf-8',
};

const DEFAULT_RETRY_AFTER_MS = 1000;

/**
 * Messages quote the string to sign, which can be five times as long as the request: strangers must not make the
 * server hold such answers for connections that read nothing. No client signs as much.
 */
const MOST_QUOTED = 64 * 1024;
const MOST_HOST = 255;

/** The members of `result` and RequestId. `result` must have no top-level member `Code`. */
export function replySuccess(call: Answered, result: Members): Reply {
  const format = replyFormat(call.raw);
  const root = `${call.request?.action}Response`;
  return reply(200, format, call.requestId, root, { RequestId: call.requestId, ...result });
}

/** The refusal in the dialect of its code (wire protocol 3.4). */
export function replyError(call: Answered, error: ApiError): Reply {
  const format = replyFormat(call.raw);
  const { requestId } = call;
  const { code: Code, status } = error;
  const Message = error.message.slice(0, MOST_QUOTED);
  const denied = error.accessDenied && { AccessDeniedDetail: error.accessDenied };
  const answer = isOfKms(call, error)
    ? reply(status, format, requestId, 'KMS', {
        HttpStatus: status,
        Code,
        Message,
        RequestId: requestId,
        ...denied,
      })
    : reply(status, format, requestId, 'Error', {
        RequestId: requestId,
        HostId: hostOf(call.raw),
        Code,
        Message,
        ...denied,
      });
  if (status !== 429) return answer;
  const wait = Math.ceil(error.retryAfterMs ?? DEFAULT_RETRY_AFTER_MS);
  return { ...answer, headers: { ...answer.headers, 'x-acs-retry-after': String(wait) } };
}

/** Only KMS has a dialect of its own; the other products answer as the gateway does (RAM 8.1). */
const isOfKms = ({ request }: Answered, { code }: ApiError): boolean =>
  ERRORS[code].dialect === 'kms' && (request === undefined || request.version === KMS.version);

function reply(status: number, format: Format, requestId: string, root: string, members: Members): Reply {
  const headers = { 'content-type': CONTENT_TYPES[format], 'x-acs-request-id': requestId };
  return { status, headers, body: format === 'JSON' ? renderJson(members) : renderXml(root, members) };
}

/**
 * JSON with raw UTF-8. Java's reader does not know `\uXXXX` (wire protocol 3.3), yet JSON has no other way to
 * write the rarer control characters: those stay escaped, valid for everybody else. An unpaired surrogate
 * has no UTF-8 form and becomes U+FFFD.
 */
function renderJson(members: Members): string {
  const text = JSON.stringify(members);
  return text.includes('\\ud') ? JSON.stringify(members, wellFormed) : text;
}

const wellFormed = (_: string, value: unknown): unknown =>
  typeof value === 'string' ? value.toWellFormed() : value;

const hostOf = (raw: RawRequest): string => (headerValues(raw, 'host')[0] ?? '').slice(0, MOST_HOST);
