import { createSecretKey } from 'node:crypto';
import { DoesNotOpen } from '../keys/domain-key.ts';
import { openSecret, sealSecret } from '../keys/sealed-secret.ts';
import type { SecretBytes } from '../secret-bytes.ts';

/** What a server opens with; recovery shares are for people. */
export const DAILY_KINDS = ['file', 'passphrase', 'token'] as const;
export const KINDS = [...DAILY_KINDS, 'shares'] as const;
export type DailyKind = (typeof DAILY_KINDS)[number];
export type Kind = (typeof KINDS)[number];

export const DOMAIN_KEY_BYTES = 32;

/** In messages: "the <name> in <source>". */
export const NAMES: Readonly<Record<Kind, string>> = {
  file: 'root key',
  passphrase: 'passphrase',
  token: 'root key',
  shares: 'recovery key',
};

/**
 * A way into the domain key. Several can exist at once, each with its own wrapping of the same domain key,
 * stored under `domain-key/<kind>`.
 */
export interface RootKey {
  readonly kind: Kind;
  /** Where it comes from, for messages: names the file or the token. */
  readonly source: string;
  wrap(domainKey: SecretBytes): Promise<Uint8Array>;
  /** Throws `DoesNotOpen` where the bytes were not wrapped by this root key. */
  unwrap(wrapped: Uint8Array): Promise<SecretBytes>;
}

/** AES-256-GCM under a 32-byte key. `label` says what is wrapped by what. */
export function sealUnder(key: Uint8Array, label: string, secret: SecretBytes): Buffer {
  return sealSecret(createSecretKey(key), Buffer.from(label), secret);
}

/** Throws `DoesNotOpen`. */
export function openUnder(key: Uint8Array, label: string, sealed: Uint8Array): SecretBytes {
  const secret = openSecret(createSecretKey(key), Buffer.from(label), sealed);
  if (secret === undefined) throw new DoesNotOpen();
  return secret;
}
