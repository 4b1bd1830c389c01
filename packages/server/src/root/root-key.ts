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
 * stored under `domain-key/<kind>`. What it holds in memory is wiped when it is disposed of: a server needs it for a
 * moment only.
 */
export interface RootKey extends Disposable {
  readonly kind: Kind;
  /** Where it comes from, for messages: names the file or the token. */
  readonly source: string;
  wrap(domainKey: SecretBytes): Promise<Uint8Array>;
  /** Throws `DoesNotOpen` where the bytes were not wrapped by this root key. */
  unwrap(wrapped: Uint8Array): Promise<SecretBytes>;
}

/** Another token of the same name, or one whose keys were erased: the right one may come back. */
export class NotInToken extends DoesNotOpen {}

/**
 * AES-256-GCM under a 32-byte key, which does not become a key object: that would live until it is collected. `label`
 * says what is wrapped by what.
 */
export function sealUnder(key: Uint8Array, label: string, secret: SecretBytes): Buffer {
  return sealSecret(key, Buffer.from(label), secret);
}

/** Throws `DoesNotOpen`. */
export function openUnder(key: Uint8Array, label: string, sealed: Uint8Array): SecretBytes {
  const secret = openSecret(key, Buffer.from(label), sealed);
  if (secret === undefined) throw new DoesNotOpen();
  return secret;
}
