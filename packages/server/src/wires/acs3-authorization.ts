import { ApiError } from '@keyhold/api/errors.ts';
import { headerValues } from './headers.ts';
import type { RawRequest } from './request.ts';

/** The parts of an `Authorization: ACS3-... Credential=..,SignedHeaders=..,Signature=..` header. */
export interface Acs3Authorization {
  readonly algorithm: string;
  readonly hash: 'sha256' | 'sm3';
  readonly accessKeyId: string;
  /** ACS4 alone: what the derived key is bound to. `date` is `YYYYMMDD`. */
  readonly scope: { readonly date: string; readonly region: string; readonly product: string } | undefined;
  readonly signedHeaders: readonly string[];
  readonly signature: Buffer;
}

const HASHES = new Map<string, 'sha256' | 'sm3'>([
  ['ACS3-HMAC-SHA256', 'sha256'],
  ['ACS3-HMAC-SM3', 'sm3'],
  ['ACS4-HMAC-SHA256', 'sha256'],
]);

const HEADER_SIGNED = /^ACS[34]-/;
const HEX_256 = /^[0-9a-f]{64}$/;

/** Whether the request carries the header signature. Any other Authorization is not ours to read. */
export const isHeaderSigned = (raw: RawRequest): boolean =>
  headerValues(raw, 'authorization').some((value) => HEADER_SIGNED.test(value));

export function parseAuthorization(raw: RawRequest): Acs3Authorization {
  const [header = '', ...others] = headerValues(raw, 'authorization');
  if (others.length > 0) throw incomplete('there is more than one Authorization header');
  const space = header.indexOf(' ');
  const algorithm = space < 0 ? header : header.slice(0, space);
  const hash = HASHES.get(algorithm);
  if (!hash) throw new ApiError('InvalidSignatureMethod');
  const members = parseMembers(header.slice(algorithm.length));
  const signature = members.get('Signature');
  if (!signature) throw new ApiError('MissingSignature');
  if (!HEX_256.test(signature)) throw incomplete('Signature is not 64 digits of lower-case hex');
  const credential = members.get('Credential');
  if (!credential) throw new ApiError('MissingAccessKeyId');
  return {
    algorithm,
    hash,
    ...(algorithm.startsWith('ACS4')
      ? parseScoped(credential)
      : { accessKeyId: credential, scope: undefined }),
    signedHeaders: parseSignedHeaders(members.get('SignedHeaders')),
    signature: Buffer.from(signature, 'hex'),
  };
}

export const incomplete = (reason: string): ApiError => new ApiError('IncompleteSignature', { reason });

/** In any order, because Java has one of its own; spaces after commas are tolerated. */
function parseMembers(text: string): ReadonlyMap<string, string> {
  const members = new Map<string, string>();
  for (const member of text.split(',')) {
    const equals = member.indexOf('=');
    const name = member.slice(0, Math.max(equals, 0)).trim();
    if (members.has(name)) throw incomplete('a member of Authorization repeats or has no name');
    members.set(name, member.slice(equals + 1).trim());
  }
  return members;
}

/** Strictly ascending, so that no header can be named, and repeated in the canonical request, twice. */
function parseSignedHeaders(text: string | undefined): readonly string[] {
  const names = text?.split(';') ?? [];
  let previous = '';
  for (const name of names) {
    if (name <= previous) throw incomplete('SignedHeaders are not ascending');
    previous = name;
  }
  return names;
}

function parseScoped(credential: string): Pick<Acs3Authorization, 'accessKeyId' | 'scope'> {
  const [accessKeyId, date, region, product, terminator, ...rest] = credential.split('/');
  if (!accessKeyId || !date || !region || !product || terminator !== 'aliyun_v4_request' || rest.length > 0) {
    throw incomplete('Credential is not <id>/<date>/<region>/<product>/aliyun_v4_request');
  }
  return { accessKeyId, scope: { date, region, product } };
}
