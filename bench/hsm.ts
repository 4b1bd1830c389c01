import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createKmsClient } from '@keyhold/client/kms.ts';
import { connect } from '../packages/server/src/hsm/pkcs11/connection.ts';
import { derivation, gcm } from '../packages/server/src/hsm/pkcs11/mechanisms.ts';
import { Objects } from '../packages/server/src/hsm/pkcs11/objects.ts';
import { messageKeyTemplate } from '../packages/server/src/hsm/pkcs11/templates.ts';
import { openPkcs11Token } from '../packages/server/src/hsm/pkcs11-token.ts';
import { newSoftHsm, type SoftHsm } from '../packages/server/src/hsm/test-kit/soft-hsm.ts';
import type { LoadResult } from './load.ts';
import { type Load, measure } from './measure.ts';
import { type Running, SIGNER, startKeyhold } from './servers.ts';
import { spreadOf } from './statistics.ts';
import { milliseconds, table, whole } from './table.ts';

/**
 * Keys in SoftHSM through the server, beside the binding alone in this process and beside keys in software; and what
 * software keys notice when HSM keys are in use, or their token hangs, next to them. Nothing is asserted.
 *
 *   node bench/hsm.ts [--rounds 3] [--seconds 3]
 */
const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '3' }, seconds: { type: 'string', default: '3' } },
});
const ROUNDS = Number(values.rounds);
const SECONDS = Number(values.seconds);
const KEYS = 10;
const BLOBS_A_KEY = 20;
const PLAINTEXT = Buffer.alloc(44, 3);

type Level = 'SOFTWARE' | 'HSM';
type Targets = Readonly<Record<Level, { readonly keys: string; readonly blobs: string }>>;

async function makeTargets({ port }: Running, folder: string): Promise<Targets> {
  const kms = createKmsClient({ endpoint: `http://127.0.0.1:${port}`, credentials: SIGNER });
  const made = async (level: Level) => {
    const keys: string[] = [];
    const blobs: string[] = [];
    for (let key = 0; key < KEYS; key++) {
      const { KeyId } = (await kms.CreateKey({ ProtectionLevel: level })).KeyMetadata;
      keys.push(KeyId);
      for (let blob = 0; blob < BLOBS_A_KEY; blob++) {
        blobs.push((await kms.GenerateDataKey({ KeyId, NumberOfBytes: 32 })).CiphertextBlob);
      }
    }
    const written = (name: string, lines: readonly string[]): string => {
      const file = join(folder, `${level}.${name}`);
      writeFileSync(file, lines.join('\n'));
      return file;
    };
    return { keys: written('keys', keys), blobs: written('blobs', blobs) };
  };
  return { SOFTWARE: await made('SOFTWARE'), HSM: await made('HSM') };
}

/** AES-256-GCM by the binding alone, one call after another: what the library can do on one core. */
async function bareBinding({ settings, pin }: SoftHsm): Promise<Record<'seal' | 'open', number>> {
  const token = await openPkcs11Token(settings);
  const label = `bench/${process.pid}/${performance.now()}`;
  await token.makeKey(label, 256);
  await token.close();
  const { library, token: name } = settings;
  const connection = connect({ library, token: name, sessions: 1 }, pin);
  try {
    const { library: p11, home } = connection;
    const [seed, nonce, aad] = [Buffer.alloc(32, 1), Buffer.alloc(12), Buffer.alloc(110, 2)];
    const base = new Objects(connection).get('key', label);
    const key = p11.C_DeriveKey(home, derivation(seed), base, messageKeyTemplate(32));
    const out = () => Buffer.alloc(PLAINTEXT.length + 16);
    const seal = () => {
      p11.C_EncryptInit(home, gcm(nonce, aad), key);
      return p11.C_Encrypt(home, PLAINTEXT, out());
    };
    const sealed = Buffer.from(seal());
    const open = () => {
      p11.C_DecryptInit(home, gcm(nonce, aad), key);
      p11.C_Decrypt(home, sealed, out());
    };
    return { seal: perSecond(seal), open: perSecond(open) };
  } finally {
    connection.library.C_Finalize();
  }
}

function perSecond(operation: () => unknown): number {
  const start = performance.now();
  let count = 0;
  while (performance.now() - start < SECONDS * 500) {
    for (let i = 0; i < 50; i++) operation();
    count += 50;
  }
  return (count / (performance.now() - start)) * 1000;
}

/** The child of the server that holds the token. */
function tokenPid(server: number): number {
  const children = readFileSync(`/proc/${server}/task/${server}/children`, 'latin1').trim().split(' ');
  const found = children.find((pid) =>
    readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes('pkcs11-process'),
  );
  return Number(found ?? 0);
}

const folder = mkdtempSync(join(tmpdir(), 'keyhold-bench-hsm-'));
using hsm = newSoftHsm();
const { library, token, pinFile } = hsm.settings;
// Inherited by the server.
Object.assign(process.env, {
  KEYHOLD_HSM_LIBRARY: library,
  KEYHOLD_HSM_TOKEN: 'label' in token ? token.label : `slot:${token.slot}`,
  KEYHOLD_HSM_PIN_FILE: pinFile,
  KEYHOLD_HSM_REGIONS: 'cn-hangzhou',
  KEYHOLD_LOG_LEVEL: 'silent',
});
const server = await startKeyhold(join(folder, 'data'));
const measured = new Map<string, LoadResult[]>();
const bare = { seal: [] as number[], open: [] as number[] };
try {
  const targets = await makeTargets(server, folder);
  const load = (action: 'GenerateDataKey' | 'Decrypt', level: Level, connections: number): Load => ({
    action,
    targets: action === 'Decrypt' ? targets[level].blobs : targets[level].keys,
    connections,
    warmupSeconds: 0.5,
    seconds: SECONDS,
  });
  const run = async (name: string, order: Load): Promise<void> => {
    const result = await measure(server, order);
    measured.set(name, [...(measured.get(name) ?? []), result]);
    process.stderr.write(`${name}: ${whole(result.perSecond)}/s, ${result.errors} errors\n`);
  };
  for (let round = 0; round < ROUNDS; round++) {
    const { seal, open } = await bareBinding(hsm);
    bare.seal.push(seal);
    bare.open.push(open);
    for (const connections of [1, 64]) {
      for (const action of ['GenerateDataKey', 'Decrypt'] as const) {
        for (const level of ['SOFTWARE', 'HSM'] as const) {
          await run(`${action} ${level} x${connections}`, load(action, level, connections));
        }
      }
    }
    // Beside others: the same load on software keys while HSM keys are used, and while their token hangs.
    const soft = load('GenerateDataKey', 'SOFTWARE', 16);
    await run('software x16 alone', soft);
    const beside = measure(server, load('GenerateDataKey', 'SOFTWARE', 16));
    await run('software x16 beside software x16', soft);
    await beside;
    const besideHsm = measure(server, load('GenerateDataKey', 'HSM', 16));
    await run('software x16 beside HSM x16', soft);
    await besideHsm;
    process.kill(tokenPid(server.pid), 'SIGSTOP');
    const hanging = measure(server, load('GenerateDataKey', 'HSM', 16));
    await run('software x16 beside a hanging HSM x16', soft);
    await hanging;
  }
} finally {
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
}

const rates = (name: string): number[] => (measured.get(name) ?? []).map(({ perSecond }) => perSecond);
const median = (figures: readonly number[]): number => spreadOf(figures).median;
const rows = [...measured].map(([name, results]) => {
  const binding = name.startsWith('Decrypt') ? bare.open : bare.seal;
  const p = (which: 'p50' | 'p99') => milliseconds(median(results.map(({ latency }) => latency[which])));
  return [
    name,
    whole(median(rates(name))),
    median(rates(name).map((rate, i) => rate / (binding[i] ?? Number.NaN))).toFixed(2),
    p('p50'),
    p('p99'),
  ];
});
console.log(`\npkcs11js alone: seal ${whole(median(bare.seal))}/s, open ${whole(median(bare.open))}/s\n`);
console.log(table(['', '/s', 'to pkcs11js alone', 'p50 ms', 'p99 ms'], rows));
