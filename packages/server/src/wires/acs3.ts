import type { ErrorCode } from '@keyhold/api/errors.ts';
import { ApiError } from '@keyhold/api/errors.ts';
import { KMS } from '@keyhold/api/kms/product.ts';
import type { Pair } from '@keyhold/api/signature/canonical-query.ts';
import { incomplete, parseAuthorization } from './acs3-authorization.ts';
import { verifyAcs3 } from './acs3-signature.ts';
import { formPairs, jsonPairs, queryPairs } from './body.ts';
import { invalidParameter } from './form.ts';
import { headerValues } from './headers.ts';
import { nonceOf } from './nonce.ts';
import { checkFormat } from './reply-format.ts';
import type { RawRequest, SignedRequest } from './request.ts';
import { parseTimestamp } from './timestamp.ts';

/** Headers that select what is done and when: a signature that leaves one out proves too little. */
const MUST_BE_SIGNED = [
  'x-acs-action',
  'x-acs-version',
  'x-acs-date',
  'x-acs-signature-nonce',
  'x-acs-content-sha256',
  'x-acs-content-sm3',
  'x-acs-security-token',
] as const;

/** Understands ACS3 and ACS4 (wire protocol 2). The order of refusals is that of 5.6. */
export function readAcs3(raw: RawRequest, method: 'GET' | 'POST'): SignedRequest {
  const query = queryPairs(raw);
  const parameters = merge(query, formPairs(raw), jsonPairs(raw));
  checkFormat(take(parameters, 'Format'));
  const authorization = parseAuthorization(raw);
  const version = required(raw, 'x-acs-version', 'MissingVersion');
  const action = required(raw, 'x-acs-action', 'MissingAction');
  takeEqual(parameters, 'Version', version);
  takeEqual(parameters, 'Action', action);
  const regionId = take(parameters, 'RegionId');

  const date = single(raw, 'x-acs-date');
  const timestamp = parseTimestamp(date, version);
  const nonce = nonceOf(single(raw, 'x-acs-signature-nonce'), 'x-acs-signature-nonce');
  if (!nonce) throw new ApiError('MissingSignatureNonce');
  const claimedHash = single(raw, 'x-acs-content-sha256') ?? single(raw, 'x-acs-content-sm3');
  if (!claimedHash) throw incomplete('x-acs-content-sha256 is missing');
  checkSignedHeaders(raw, authorization.signedHeaders);
  const { accessKeyId, scope } = authorization;
  if (scope && scope.date !== date?.slice(0, 10).replaceAll('-', '')) {
    throw incomplete('the date in Credential is not that of x-acs-date');
  }
  if (scope && version === KMS.version && scope.product.toLowerCase() !== KMS.name.toLowerCase()) {
    throw incomplete('the product in Credential is not that of x-acs-version');
  }
  return {
    style: 'ACS3',
    version,
    action,
    parameters,
    regionId,
    signature: {
      accessKeyId,
      securityToken: single(raw, 'x-acs-security-token') || undefined,
      timestamp,
      replayToken: nonce,
      verify(secret) {
        verifyAcs3({ raw, method, authorization, query, claimedHash }, secret);
        return parameters;
      },
    },
  };
}

/** One parameter set of all places; a name with two values is refused (wire protocol 2.2). */
function merge(query: readonly Pair[], ...bodies: readonly Pair[][]): Map<string, string> {
  const parameters = new Map(query);
  for (const [name, value] of bodies.flat()) {
    const other = parameters.get(name);
    if (other !== undefined && other !== value) throw invalidParameter(name);
    parameters.set(name, value);
  }
  return parameters;
}

/** Parameters of the protocol that some clients repeat among those of the operation. */
function take(parameters: Map<string, string>, name: string): string | undefined {
  const value = parameters.get(name);
  parameters.delete(name);
  return value;
}

function takeEqual(parameters: Map<string, string>, name: string, signed: string): void {
  const value = take(parameters, name);
  if (value !== undefined && value !== signed) throw invalidParameter(name);
}

function single(raw: RawRequest, name: (typeof MUST_BE_SIGNED)[number]): string | undefined {
  const [value, ...others] = headerValues(raw, name);
  if (others.length > 0) throw incomplete(`${name} is sent more than once`);
  return value?.trim();
}

function required(raw: RawRequest, name: (typeof MUST_BE_SIGNED)[number], otherwise: ErrorCode): string {
  const value = single(raw, name);
  if (!value) throw new ApiError(otherwise);
  return value;
}

function checkSignedHeaders({ headers, body }: RawRequest, signedHeaders: readonly string[]): void {
  // It says how to read the body: unsigned, it could be changed so that signed parameters are not seen.
  if (body.length > 0 && !signedHeaders.includes('content-type'))
    throw incomplete('content-type is not signed');
  for (const name of MUST_BE_SIGNED) {
    if (headers[name] !== undefined && !signedHeaders.includes(name))
      throw incomplete(`${name} is not signed`);
  }
  for (const name of signedHeaders) {
    if (!Object.hasOwn(headers, name) || headers[name] === undefined) {
      throw incomplete('SignedHeaders names a header that is not there');
    }
  }
}
