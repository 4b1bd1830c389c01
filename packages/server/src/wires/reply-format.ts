import { ApiError } from '@keyhold/api/errors.ts';
import { isHeaderSigned } from './acs3-authorization.ts';
import { bytesAsText, hasBody } from './body.ts';
import { headerValues } from './headers.ts';
import type { Format, RawRequest } from './request.ts';

const IN_QUERY = /[?&]Format=([^&]*)/;
const IN_BODY = /(?:^|&)Format=([^&]*)/;

/**
 * How to answer, known before anything else is and without ever throwing: XML only when asked for in so many
 * letters (wire protocol 3.1), because errors before the request is understood need a format too.
 */
export function replyFormat(raw: RawRequest): Format {
  const asked =
    IN_QUERY.exec(raw.target) ??
    (hasBody(raw, 'application/x-www-form-urlencoded') ? IN_BODY.exec(bytesAsText(raw.body)) : null);
  if (asked) return asked[1]?.toLowerCase() === 'xml' ? 'XML' : 'JSON';
  return isHeaderSigned(raw) && acceptsOnlyXml(raw) ? 'XML' : 'JSON';
}

/** Refuses a Format that is neither of the two; Python without an accept format sends the text `None`. */
export function checkFormat(format: string | undefined): void {
  if (format && !/^(?:json|xml|none)$/i.test(format)) throw new ApiError('InvalidParameter.Format');
}

function acceptsOnlyXml(raw: RawRequest): boolean {
  const accept = headerValues(raw, 'accept').join();
  return accept.includes('xml') && !accept.includes('json') && !accept.includes('*');
}
