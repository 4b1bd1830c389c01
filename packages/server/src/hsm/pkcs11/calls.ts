import type { Handle } from 'pkcs11js';
import type { MacPurpose } from '../derivation.ts';
import { type ImportAlgorithm, TAG_BYTES } from '../token.ts';
import type { Connection } from './connection.ts';
import { DerivedKeys } from './derived-keys.ts';
import { gcm, MAKE_KEY } from './mechanisms.ts';
import { Objects } from './objects.ts';
import type { Call } from './protocol.ts';
import { meaningOf } from './return-values.ts';
import { newKeyTemplate } from './templates.ts';
import { unsupported, WrappingPairs } from './wrapping-pairs.ts';

type Results = readonly Uint8Array[];
/** Undefined: the bytes do not open. */
type Answers = Readonly<
  Record<Exclude<Call, 'connect'>, (...fields: readonly Buffer[]) => Promise<Results | undefined>>
>;
const text = (field: Buffer | undefined): string => String(field);
const NOTHING = Buffer.alloc(0);

/** What the process that holds the token does for each call. */
export function answersFrom(connection: Connection): Answers {
  const { library, home, sessions, threads } = connection;
  const objects = new Objects(connection);
  const derived = new DerivedKeys(connection, objects);
  const pairs = new WrappingPairs(connection, objects);

  /** `input` is used again afterwards, by whoever wipes it: the thread has no hold on it. */
  const encrypt = async (session: Handle, input: Buffer): Promise<Buffer> => {
    const out = Buffer.alloc(input.length + TAG_BYTES);
    // The binding passes no address for no bytes, which tokens refuse.
    if (input.length === 0) return library.C_EncryptFinal(session, out);
    return threads ? library.C_EncryptAsync(session, input, out) : library.C_Encrypt(session, input, out);
  };
  const decrypt = async (session: Handle, input: Buffer): Promise<Buffer> => {
    const out = Buffer.alloc(input.length);
    return threads ? library.C_DecryptAsync(session, input, out) : library.C_Decrypt(session, input, out);
  };

  return {
    async check() {
      connection.check();
      return [];
    },
    async makeKey(label, bytes = NOTHING) {
      const template = newKeyTemplate(text(label), bytes.readUInt32LE());
      await objects.make(text(label), () => {
        try {
          library.C_GenerateKey(home, MAKE_KEY, template);
        } catch (error) {
          unsupported(error, `AES keys of ${bytes.readUInt32LE()} bytes`);
        }
      });
      return [];
    },
    async mac(label, purpose, data = NOTHING) {
      return [derived.mac(text(label), text(purpose) as MacPurpose, data)];
    },
    async seal(label, seed = NOTHING, nonce = NOTHING, aad = NOTHING, plaintext = NOTHING) {
      const seal = (session: Handle) =>
        derived.withMessageKey(text(label), seed, async (key) => {
          library.C_EncryptInit(session, gcm(nonce, aad), key);
          return encrypt(session, plaintext);
        });
      return [await sessions.use(seal)];
    },
    async open(label, seed = NOTHING, nonce = NOTHING, aad = NOTHING, sealed = NOTHING) {
      const open = (session: Handle) =>
        derived.withMessageKey(text(label), seed, async (key) => {
          library.C_DecryptInit(session, gcm(nonce, aad), key);
          return decrypt(session, sealed);
        });
      // SoftHSM opens nothing at all as nothing at all.
      if (sealed.length < TAG_BYTES) return undefined;
      try {
        return [await sessions.use(open)];
      } catch (error) {
        if (meaningOf(error) !== 'bad-data') throw error;
        connection.check();
        return undefined;
      }
    },
    async makeWrappingPair(label, bits = NOTHING, algorithm) {
      return [await pairs.make(text(label), bits.readUInt32LE(), text(algorithm) as ImportAlgorithm)];
    },
    async importKey(label, bits = NOTHING, pair, algorithm, encrypted = NOTHING) {
      await pairs.import(
        text(label),
        bits.readUInt32LE(),
        text(pair),
        text(algorithm) as ImportAlgorithm,
        encrypted,
      );
      return [];
    },
    async destroy(label) {
      derived.forget(text(label));
      objects.destroy(text(label));
      return [];
    },
    async list(prefix) {
      return objects.list(text(prefix)).map((label) => Buffer.from(label));
    },
    async random(bytes = NOTHING) {
      return [library.C_GenerateRandom(home, Buffer.alloc(bytes.readUInt32LE()))];
    },
  };
}
