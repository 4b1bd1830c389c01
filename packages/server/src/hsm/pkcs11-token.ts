import { StartError } from '../start-error.ts';
import type { Call } from './pkcs11/protocol.ts';
import type { TokenSettings } from './pkcs11/settings.ts';
import { TokenProcess } from './pkcs11/token-process.ts';
import { requireLabel, requireMessage, type Token } from './token.ts';

/** Finding the primes of 4096 bits takes SoftHSM seconds, a small token minutes. */
const PAIR_MS = 120_000;
const MOST_BYTES = 1 << 20;

export interface Pkcs11Token extends Token {
  /** Of the process that holds the token. */
  readonly pid: number | undefined;
  /** The first try to connect: rejects where it fails. */
  readonly connected: Promise<void>;
}

/** Connects to a token by PKCS#11, in a process of its own. Throws StartError where that does not succeed. */
export async function openPkcs11Token(settings: TokenSettings): Promise<Pkcs11Token> {
  const token = pkcs11Token(settings);
  try {
    await token.connected;
    return token;
  } catch (error) {
    await token.close();
    throw new StartError((error as Error).message);
  }
}

/** The same at once, connected or not: it goes on trying. */
export function pkcs11Token(settings: TokenSettings): Pkcs11Token {
  const process = new TokenProcess(settings);
  const call = async (name: Call, label: string, fields: readonly Uint8Array[], patience?: number) => {
    requireLabel(label);
    if (fields.some((field) => field.length > MOST_BYTES)) throw new TypeError('too much for one call');
    return process.call(name, [Buffer.from(label), ...fields], patience);
  };
  const one = async (results: Promise<readonly Buffer[] | undefined>): Promise<Buffer> => {
    const [result] = (await results) ?? [];
    if (result === undefined) throw new TypeError('an answer without a result');
    return result;
  };
  const mac = (label: string, purpose: string, data: Uint8Array) =>
    one(call('mac', label, [Buffer.from(purpose), data]));

  return {
    source: process.source,
    async makeKey(label, bits) {
      await call('makeKey', label, [number(bits / 8)]);
    },
    commitment: (label, seed) => mac(label, 'commitment', seed),
    fingerprint: (label, binding) => mac(label, 'fingerprint', binding),
    async seal(label, seed, nonce, aad, plaintext) {
      requireMessage(seed, nonce);
      return one(call('seal', label, [seed, nonce, aad, plaintext]));
    },
    async open(label, seed, nonce, aad, sealed) {
      requireMessage(seed, nonce);
      const results = await call('open', label, [seed, nonce, aad, sealed]);
      return results?.[0];
    },
    makeWrappingPair: (label, bits, algorithm) =>
      one(call('makeWrappingPair', label, [number(bits), Buffer.from(algorithm)], PAIR_MS)),
    async importKey(label, bits, { pair, algorithm, encrypted }) {
      const fields = [number(bits), Buffer.from(pair), Buffer.from(algorithm), encrypted];
      await call('importKey', label, fields);
    },
    async destroy(label) {
      await call('destroy', label, []);
    },
    async list(prefix) {
      const labels = await process.call('list', [Buffer.from(prefix)]);
      return (labels ?? []).map(String);
    },
    random: (bytes) => one(process.call('random', [number(bytes)])),
    health: () => process.health,
    connected: process.connected,
    get pid() {
      return process.pid;
    },
    close: () => process.close(),
  };
}

function number(value: number): Buffer {
  const field = Buffer.alloc(4);
  field.writeUInt32LE(value);
  return field;
}
