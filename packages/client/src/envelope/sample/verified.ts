import { createHash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { sameBytes } from '../format/bytes.ts';
import { inputChanged } from './source.ts';

type Bytes = Uint8Array<ArrayBuffer>;

/** A message whose one tag is over all of it, so that no byte can be trusted before the last one was read. */
export interface WholeMessage {
  /** The ciphertext in order; every call begins anew. A block is valid until the next one. */
  blocks(): Iterable<Uint8Array>;
  /** Throws at its end where the message is not the one that was written. */
  verifier(): { update(block: Uint8Array): void; end(): void };
  /** Gives plaintext, which its taker wipes. */
  opener(): { update(block: Uint8Array): Bytes; end(): Bytes };
}

/**
 * The plaintext, of which nothing comes before all of the message was verified: the ciphertext is read twice. The
 * second time each block has to have the SHA-256 that it had when it was verified, so that nobody can exchange it
 * between the two. Memory: a block, and 32 bytes for every block.
 */
export async function* verifiedPlaintext(
  message: WholeMessage,
  signal: AbortSignal | undefined,
): AsyncGenerator<Bytes> {
  const digests: Uint8Array[] = [];
  const verifier = message.verifier();
  for (const block of message.blocks()) {
    await setImmediate(); // others have their turn
    signal?.throwIfAborted();
    digests.push(digestOf(block));
    verifier.update(block);
  }
  verifier.end();

  const opener = message.opener();
  let index = 0;
  for (const block of message.blocks()) {
    await setImmediate();
    signal?.throwIfAborted();
    // A copy, for memory that is shared: what is compared has to be what is decrypted.
    const copy = Uint8Array.from(block);
    const digest = digests[index++];
    if (!digest || !sameBytes(digest, digestOf(copy))) throw inputChanged();
    yield opener.update(copy);
  }
  if (index < digests.length) throw inputChanged();
  const last = opener.end();
  if (last.length > 0) yield last;
}

const digestOf = (block: Uint8Array): Uint8Array => createHash('sha256').update(block).digest();
