import type { ErrorCode } from '@keyhold/api/errors.ts';
import { ApiError } from '@keyhold/api/errors.ts';
import { KMS } from '@keyhold/api/kms/product.ts';
import type { Pair } from '@keyhold/api/signature/canonical-query.ts';
import { sortByName } from '@keyhold/api/signature/canonical-query.ts';
import { formPairs, queryPairs } from './body.ts';
import { invalidParameter } from './form.ts';
import { headerValues } from './headers.ts';
import { nonceOf } from './nonce.ts';
import { checkFormat } from './reply-format.ts';
import type { RawRequest, SignatureClaim, SignedRequest } from './request.ts';
import { fittingPairs } from './rpc-signature.ts';
import { parseTimestamp } from './timestamp.ts';

/** Parameters of the protocol, not of an operation (wire protocol 1.2). */
const COMMON = new Set([
  'Action',
  'Version',
  'AccessKeyId',
  'Signature',
  'SignatureMethod',
  'SignatureVersion',
  'SignatureNonce',
  'SignatureType',
  'Timestamp',
  'TimeStamp',
  'Format',
  'SecurityToken',
  'BearerToken',
  'RegionId',
  'SourceIp',
  'SecureTransport',
]);

const HASHES = new Map<string, 'sha1' | 'sha256'>([
  ['HMAC-SHA1', 'sha1'],
  ['HMAC-SHA256', 'sha256'],
]);

const BASE64 = /^[A-Za-z0-9+/]{1,128}={0,2}$/;
const STS_VERSION = '2015-04-01';
const ANONYMOUS = new Set(['AssumeRoleWithOIDC', 'AssumeRoleWithSAML']);

const NONE: ReadonlyMap<string, string> = new Map();

type Common = ReadonlyMap<string, string>;

/** Understands the RPC style. The order of refusals is that of wire protocol 5.6. */
export function readRpc(raw: RawRequest, method: 'GET' | 'POST'): SignedRequest {
  const { pairs, overridden } = merge(queryPairs(raw), formPairs(raw));
  const { common, parameters } = divide(pairs);
  checkFormat(common.get('Format'));
  refuseBearer(raw, common);
  const version = required(common, 'Version', 'MissingVersion');
  const action = required(common, 'Action', 'MissingAction');
  const regionId = common.get('RegionId');
  if (isAnonymous(common, version, action)) {
    return { style: 'RPC', version, action, parameters, regionId, signature: undefined };
  }

  const accessKeyId = required(common, 'AccessKeyId', 'MissingAccessKeyId');
  const signature = base64(required(common, 'Signature', 'MissingSignature'));
  const hash = HASHES.get(required(common, 'SignatureMethod', 'MissingSignatureMethod'));
  if (!hash) throw new ApiError('InvalidSignatureMethod');
  if (required(common, 'SignatureVersion', 'MissingSignatureVersion') !== '1.0') {
    throw new ApiError('IncompleteSignature', { reason: 'SignatureVersion must be 1.0' });
  }
  const timestamp = parseTimestamp(common.get('Timestamp') || common.get('TimeStamp'), version);
  const nonce = nonceOf(common.get('SignatureNonce'), 'SignatureNonce');
  if (nonce === undefined && version !== KMS.version) throw new ApiError('MissingSignatureNonce');
  const claim: SignatureClaim = {
    accessKeyId,
    securityToken: common.get('SecurityToken') || undefined,
    timestamp,
    // Written anew, because the text as sent may be another spelling of the same bytes.
    replayToken: nonce ?? signature.toString('base64'),
    verify(secret) {
      const signed = pairs.filter(([name]) => name !== 'Signature');
      const fitting = fittingPairs({ method, hash, signature, pairs: signed, overridden }, secret);
      return fitting === signed ? parameters : divide(fitting).parameters;
    },
  };
  return { style: 'RPC', version, action, parameters, regionId, signature: claim };
}

/**
 * One sorted list of both places. A common parameter with two values is refused; of an operation parameter
 * the body's value counts until the signature has shown otherwise (wire protocol 1.6).
 */
function merge(query: Pair[], form: Pair[]): { pairs: Pair[]; overridden: ReadonlyMap<string, string> } {
  if (form.length === 0) return { pairs: query, overridden: NONE };
  const overridden = new Map<string, string>();
  const inBody = new Map(form);
  const queryOnly = query.filter(([name, value]) => {
    const other = inBody.get(name);
    if (other !== undefined && other !== value) {
      if (COMMON.has(name)) throw invalidParameter(name);
      overridden.set(name, value);
    }
    return other === undefined;
  });
  return { pairs: sortByName(queryOnly.concat(form)), overridden };
}

function divide(pairs: readonly Pair[]): { common: Common; parameters: ReadonlyMap<string, string> } {
  const common = new Map<string, string>();
  const parameters = new Map<string, string>();
  for (const [name, value] of pairs) (COMMON.has(name) ? common : parameters).set(name, value);
  return { common, parameters };
}

function required(common: Common, name: string, otherwise: ErrorCode): string {
  const value = common.get(name);
  if (!value) throw new ApiError(otherwise);
  return value;
}

/** Bearer tokens name no access key, and this server issues none (wire protocol 2.7). */
function refuseBearer(raw: RawRequest, common: Common): void {
  if (common.get('SignatureType') === 'BEARERTOKEN' || headerValues(raw, 'x-acs-bearer-token').length > 0) {
    throw new ApiError('MissingAccessKeyId');
  }
}

/** Signed by the identity provider's token instead (wire protocol 2.8). */
const isAnonymous = (common: Common, version: string, action: string): boolean =>
  version === STS_VERSION && ANONYMOUS.has(action) && !common.has('AccessKeyId') && !common.has('Signature');

function base64(text: string): Buffer {
  if (!BASE64.test(text)) throw new ApiError('IncompleteSignature', { reason: 'Signature is not Base64' });
  return Buffer.from(text, 'base64');
}
