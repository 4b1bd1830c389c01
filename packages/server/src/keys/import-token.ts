import { ApiError } from '@keyhold/api/errors.ts';
import type { WrappingAlgorithm } from '@keyhold/api/kms/import.ts';
import type { SecretBytes } from '../secret-bytes.ts';
import { readBase64 } from './base64.ts';
import { DoesNotOpen, type DomainKey } from './domain-key.ts';
import type { Key } from './key.ts';

const HOURS = 24;
export const IMPORT_TOKEN_MS = HOURS * 3_600_000;
const LENGTH_BYTES = 2;

/** How material must have been wrapped that comes with a token. */
export interface WrappingTerms {
  readonly algorithm: WrappingAlgorithm;
  readonly wrappedBytes: number;
}

/** What a token says of itself; not secret. */
interface Claims extends WrappingTerms {
  readonly accountId: string;
  readonly region: string;
  readonly keyId: string;
  readonly expiresAt: number;
}

/**
 * The engine's handle of a wrapping pair, sealed under the domain key and given to the caller: nothing is stored, so
 * it outlives a restart and may be used as often as its 24 hours allow (KMS semantics 14).
 *
 *   length of the claims 2 | claims, JSON | handle, wrapped and bound to the claims
 */
export function sealImportToken(
  domainKey: DomainKey,
  { accountId, region, keyId }: Key,
  terms: WrappingTerms,
  handle: SecretBytes,
  now: number,
): { readonly token: string; readonly expiresAt: number } {
  const expiresAt = now + IMPORT_TOKEN_MS;
  const claims = JSON.stringify({ accountId, region, keyId, ...terms, expiresAt } satisfies Claims);
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeUInt16BE(Buffer.byteLength(claims));
  const sealed = domainKey.wrap(identity(claims), handle);
  return { token: Buffer.concat([length, Buffer.from(claims), sealed]).toString('base64'), expiresAt };
}

/**
 * Throws ApiError InvalidImportToken where the token is not of this server or of another key, ExpiredImportToken
 * where it is too old. The caller wipes the handle.
 */
export function openImportToken(
  domainKey: DomainKey,
  key: Key,
  token: string,
  now: number,
): WrappingTerms & { readonly handle: SecretBytes } {
  const { claims, handle } = open(domainKey, token);
  const sameHome = claims.accountId === key.accountId && claims.region === key.region;
  if (!sameHome || claims.keyId !== key.keyId) {
    handle.wipe();
    throw new ApiError('InvalidImportToken', { reason: 'it was issued for another key' });
  }
  if (now >= claims.expiresAt) {
    handle.wipe();
    throw new ApiError('ExpiredImportToken', { hours: HOURS });
  }
  return { handle, algorithm: claims.algorithm, wrappedBytes: claims.wrappedBytes };
}

/** The claims are read once the seal, which covers them, has opened: then they are what this server wrote. */
function open(domainKey: DomainKey, token: string): { claims: Claims; handle: SecretBytes } {
  const bytes = readBase64(token) ?? Buffer.alloc(0);
  const end = bytes.length < LENGTH_BYTES ? bytes.length : LENGTH_BYTES + bytes.readUInt16BE();
  const text = bytes.subarray(LENGTH_BYTES, end);
  try {
    const handle = domainKey.unwrap(identity(text), bytes.subarray(end));
    return { claims: JSON.parse(text.toString('utf8')), handle };
  } catch (error) {
    if (!(error instanceof DoesNotOpen)) throw error;
    throw new ApiError('InvalidImportToken', { reason: 'it is not one that this server issued, unchanged' });
  }
}

const identity = (claims: string | Uint8Array) => ['import token', claims] as const;
