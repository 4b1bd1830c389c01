import { type Connection, connect } from '../packages/server/src/hsm/pkcs11/connection.ts';
import { derivation, gcm } from '../packages/server/src/hsm/pkcs11/mechanisms.ts';
import { Objects } from '../packages/server/src/hsm/pkcs11/objects.ts';
import { messageKeyTemplate } from '../packages/server/src/hsm/pkcs11/templates.ts';
import { openPkcs11Token } from '../packages/server/src/hsm/pkcs11-token.ts';
import { newSoftHsm } from '../packages/server/src/hsm/test-kit/soft-hsm.ts';
import { spreadOf } from './statistics.ts';
import { table, whole } from './table.ts';

/**
 * What the token's own process costs: AES-256-GCM of 32 bytes by SoftHSM, through the port and by the binding
 * alone in this process, one after the other in each round.
 */
const ROUNDS = 5;
const ROUND_MS = 1000;
const CALLERS = [1, 8, 64] as const;

type Operation = () => Promise<unknown>;
const seed = Buffer.alloc(32, 1);
const nonce = Buffer.alloc(12);
const aad = Buffer.alloc(150, 2);
const plaintext = Buffer.alloc(32, 3);

async function perSecond(callers: number, operation: Operation): Promise<number> {
  const start = performance.now();
  let count = 0;
  const caller = async (): Promise<void> => {
    while (performance.now() - start < ROUND_MS) {
      await operation();
      count++;
    }
  };
  await Promise.all(Array.from({ length: callers }, caller));
  return (count / (performance.now() - start)) * 1000;
}

/** One session for calls that block, or one for each of four threads. */
function binding(connection: Connection): { blocking: Operation; threads: Operation } {
  const { library, home, sessions } = connection;
  const base = new Objects(connection).get('key', 'key');
  const key = library.C_DeriveKey(home, derivation(seed), base, messageKeyTemplate(32));
  const out = () => Buffer.alloc(plaintext.length + 16);
  return {
    async blocking() {
      library.C_EncryptInit(home, gcm(nonce, aad), key);
      library.C_Encrypt(home, plaintext, out());
    },
    threads: () =>
      sessions.use((session) => {
        library.C_EncryptInit(session, gcm(nonce, aad), key);
        return library.C_EncryptAsync(session, plaintext, out());
      }),
  };
}

using hsm = newSoftHsm();
await using closing = new AsyncDisposableStack();
const port = async (sessions: number): Promise<Operation> => {
  const opened = await openPkcs11Token({ ...hsm.settings, sessions });
  closing.defer(() => opened.close());
  if (sessions === 1) await opened.makeKey('key', 256);
  return () => opened.seal('key', seed, nonce, aad, plaintext);
};
const ports = { blocking: await port(1), threads: await port(4) };

const { library, token } = hsm.settings;
const connection = connect({ library, token, sessions: 4 }, hsm.pin);
closing.defer(() => connection.library.C_Finalize());
const alone = binding(connection);

const subjects = {
  'binding, blocking': alone.blocking,
  'binding, 4 threads': alone.threads,
  'port, 1 session': ports.blocking,
  'port, 4 sessions': ports.threads,
} as const;
const measured = new Map<string, number[]>();
for (let round = 0; round < ROUNDS; round++) {
  for (const callers of CALLERS) {
    for (const [name, operation] of Object.entries(subjects)) {
      const rates = measured.get(`${name}/${callers}`) ?? [];
      measured.set(`${name}/${callers}`, [...rates, await perSecond(callers, operation)]);
    }
  }
}

const rows = CALLERS.flatMap((callers) =>
  Object.keys(subjects).map((name) => {
    const rates = measured.get(`${name}/${callers}`) ?? [];
    const ratio = (base: string) =>
      spreadOf(rates.map((rate, i) => rate / (measured.get(`${base}/${callers}`)?.[i] ?? Number.NaN))).median;
    const { median, min, max } = spreadOf(rates);
    return [
      name,
      String(callers),
      ...[median, min, max].map(whole),
      ratio('binding, blocking').toFixed(2),
      ratio('binding, 4 threads').toFixed(2),
    ];
  }),
);
console.log(table(['', 'callers', 'ops/s', 'min', 'max', 'to blocking', 'to 4 threads'], rows));
