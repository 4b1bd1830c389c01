import { randomUUID } from 'node:crypto';
import { type Token, TokenRefused } from '../hsm/token.ts';
import { unwrapSecret, wrapSecret } from '../hsm/wrapped-secret.ts';
import { DoesNotOpen } from '../keys/domain-key.ts';
import { NotInToken, type RootKey } from './root-key.ts';

const FORMAT = 1;
const PREFIX = 'keyhold-root/';
const LABEL_BYTES = PREFIX.length + 36;
const HEAD_BYTES = 1 + LABEL_BYTES;
const PURPOSE = Buffer.from('keyhold domain key under token v1');

/**
 * The root key in a token. Each wrapping makes a key of its own there and names it: several servers may share a
 * token, and a wrapping that was never stored leaves a key that opens nothing.
 *
 *   wrapped: format 1 | label 49 | as `wrapSecret` writes it
 *
 * Rejects with `TokenUnavailable` where the token is away, and with `NotInToken` where it has no such key.
 */
export function tokenRootKey(token: Token): RootKey {
  return {
    kind: 'token',
    source: token.source,
    async wrap(domainKey) {
      const label = `${PREFIX}${randomUUID()}`;
      await token.makeKey(label, 256);
      const head = Buffer.from(`${String.fromCharCode(FORMAT)}${label}`, 'latin1');
      return Buffer.concat([head, await wrapSecret(token, label, bound(head), domainKey)]);
    },
    async unwrap(wrapped) {
      const head = wrapped.subarray(0, HEAD_BYTES);
      const label = Buffer.from(head.subarray(1)).toString('latin1');
      if (head[0] !== FORMAT || !/^keyhold-root\/[0-9a-f-]{36}$/.test(label)) throw new DoesNotOpen();
      const secret = await unwrapSecret(token, label, bound(head), wrapped.subarray(HEAD_BYTES)).catch(
        notHere,
      );
      if (secret === undefined) throw new DoesNotOpen();
      return secret;
    },
    [Symbol.dispose]: () => undefined, // nothing of it ever leaves the token
  };
}

const bound = (head: Uint8Array): Buffer => Buffer.concat([PURPOSE, head]);

function notHere(error: unknown): never {
  throw error instanceof TokenRefused && error.refusal === 'no-such-key' ? new NotInToken() : error;
}
