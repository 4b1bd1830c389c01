import { frame } from './framing.ts';

export type EncryptionContext = Readonly<Record<string, string>>;

const NONE = Buffer.alloc(0);

/**
 * The pairs as bytes to authenticate: sorted by name, each field length-prefixed. Unlike the vendor's
 * `key=value&…` this never makes two contexts equal. An empty context counts as none (KMS semantics 10.4).
 */
export function contextBytes(context: EncryptionContext | undefined): Buffer {
  if (context === undefined) return NONE;
  const names = Object.keys(context);
  if (names.length === 0) return NONE;
  const fields = names.sort().flatMap((name) => [name, context[name] ?? '']);
  return frame(fields);
}
