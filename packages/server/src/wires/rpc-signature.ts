import { timingSafeEqual } from 'node:crypto';
import { ApiError } from '@keyhold/api/errors.ts';
import type { Pair } from '@keyhold/api/signature/canonical-query.ts';
import { joinEncoded } from '@keyhold/api/signature/canonical-query.ts';
import type { Encode } from '@keyhold/api/signature/percent-encode.ts';
import { percentEncode } from '@keyhold/api/signature/percent-encode.ts';
import type { SigningSecret } from './request.ts';

/**
 * Characters of the string to sign up to which other readings are tried: several times what the largest
 * parameters of the API come to. Each costs a stranger nothing and the server a signature of everything.
 */
const MOST_TRIED_AGAIN = 128 * 1024;

/** What an RPC signature is about. */
export interface RpcSigned {
  readonly method: 'GET' | 'POST';
  readonly hash: 'sha1' | 'sha256';
  readonly signature: Buffer;
  /** Every parameter but `Signature`, sorted; where a name stood in query and body, with the body's value. */
  readonly pairs: readonly Pair[];
  /** The query's values of the names that had another value in the body. */
  readonly overridden: ReadonlyMap<string, string>;
}

/** The pairs that the signature fits, which are those to execute with. Throws SignatureDoesNotMatch. */
export function fittingPairs(request: RpcSigned, secret: SigningSecret): readonly Pair[] {
  const standard = stringToSign(request, request.pairs, encodeTwice);
  if (fits(request, secret, standard)) return request.pairs;
  if (standard.length > MOST_TRIED_AGAIN)
    throw new ApiError('SignatureDoesNotMatch', { stringToSign: standard });
  for (const [pairs, encode] of alternatives(request)) {
    if (fits(request, secret, stringToSign(request, pairs, encode))) return pairs;
  }
  throw new ApiError('SignatureDoesNotMatch', { stringToSign: standard });
}

function* alternatives({ pairs, overridden }: RpcSigned): Generator<[readonly Pair[], Encode]> {
  yield* legacy(pairs);
  if (overridden.size === 0) return;
  const queryFirst = pairs.map(([name, value]): Pair => [name, overridden.get(name) ?? value]);
  yield [queryFirst, encodeTwice];
  yield* legacy(queryFirst);
}

/**
 * kms-sdk 1.1.0 leaves `! ' ( ) *` unescaped in both layers and empty values out (wire protocol 1.7). The
 * encoding stays injective, and what was left out is not executed either.
 */
function* legacy(pairs: readonly Pair[]): Generator<[readonly Pair[], Encode]> {
  if (pairs.some(([name, value]) => value === '' || /[!'()*]/.test(name + value))) {
    yield [pairs.filter(([, value]) => value !== ''), legacyTwice];
  }
}

/**
 * `rpcStringToSign` of the canonical query in one go: encoding each part twice and the separators once comes
 * to the same as encoding the whole a second time, for half the cost.
 */
const stringToSign = ({ method }: RpcSigned, pairs: readonly Pair[], twice: Encode): string =>
  `${method}&%2F&${joinEncoded(pairs, twice, '%3D', '%26')}`;

function encodeTwice(text: string): string {
  const once = percentEncode(text);
  return once === text ? text : once.replaceAll('%', '%25');
}

const legacyTwice = (text: string): string => encodeURIComponent(text).replaceAll('%', '%25');

function fits({ hash, signature }: RpcSigned, secret: SigningSecret, text: string): boolean {
  const expected = secret.rpc(hash, text);
  return expected.length === signature.length && timingSafeEqual(expected, signature);
}
