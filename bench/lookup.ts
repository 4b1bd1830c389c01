import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { ApiError } from '@keyhold/api/errors.ts';
import { DomainKey } from '@keyhold/server/keys/domain-key.ts';
import { SecretBytes } from '@keyhold/server/secret-bytes.ts';
import { Batch } from '@keyhold/server/trail/batch.ts';
import { EMPTY } from '@keyhold/server/trail/chain.ts';
import type { Entry, EntryCaller } from '@keyhold/server/trail/entry.ts';
import { LineEncoder } from '@keyhold/server/trail/line.ts';
import { TrailLookup } from '@keyhold/server/trail/lookup/lookup.ts';
import type { Filter, LookupQuery } from '@keyhold/server/trail/lookup/query.ts';
import { SEGMENT_BYTES } from '@keyhold/server/trail/segmented-trail.ts';
import { segmentPath } from '@keyhold/server/trail/segments.ts';
import { table } from './table.ts';

/**
 * `node bench/lookup.ts [entries, 10000000] [lookups of each kind, 300]`: makes a trail, indexes it in the thread that
 * the server uses, and measures lookups. Every lookup asks for something else.
 */
const ENTRIES = Number(process.argv[2] ?? 10_000_000);
const LOOKUPS = Number(process.argv[3] ?? 300);

const ACCOUNT = '1000000000000001';
const KEYS = 10_000;
const RARE_KEYS = 1000;
const USERS = 500;
const PER_SECOND = 1000;
const START = 1_790_000_000;
const ACTIONS = ['GenerateDataKey', 'Decrypt', 'Encrypt', 'GenerateDataKeyWithoutPlaintext', 'DescribeKey'];
const BATCH_BYTES = 1 << 20;

const keyId = (i: number): string => `3c1f7a52-8f0a-4c53-9a70-${String(i).padStart(12, '0')}`;
const rareKeyId = (i: number): string => keyId(KEYS + i);
const pick = (below: number): number => Math.floor(Math.random() * below);

const CALLERS: readonly EntryCaller[] = Array.from({ length: USERS }, (_, i) => ({
  accountId: ACCOUNT,
  type: 'ram-user',
  principalId: String(2e17 + i),
  accessKeyId: `LTAI5tBenchUser${String(i).padStart(9, '0')}`,
  userName: `user-${i}`,
}));

function entryOf(i: number): Entry {
  const user = pick(USERS);
  // A thousandth of the calls goes to keys that are hardly ever used.
  const KeyId = i % 1000 === 0 ? rareKeyId(pick(RARE_KEYS)) : keyId(pick(KEYS));
  const time = 1000 * START + Math.floor((1000 * i) / PER_SECOND);
  return {
    kind: 'call',
    time,
    requestId: crypto.randomUUID().toUpperCase(),
    version: '2016-01-20',
    action: ACTIONS[pick(ACTIONS.length)] ?? '',
    region: 'cn-hangzhou',
    caller: CALLERS[user] ?? { accountId: ACCOUNT, type: 'service', principalId: '', accessKeyId: '' },
    sourceIp: `192.0.2.${user % 250}`,
    userAgent: 'AlibabaCloud (linux; x64) Node.js/v26.10.0 Core/1.0.1 TeaDSL/2',
    tls: true,
    parameters: { KeyId, KeySpec: 'AES_256' },
    response: { KeyId, KeyVersionId: 'b0d1f7a5-8f0a-4c53-9a70-0f6c2b7d1e44' },
    resources: [`acs:kms:cn-hangzhou:${ACCOUNT}:key/${KeyId}`],
    reasons: ['the statement 0 of the policy UseKeys'],
    replay: { token: crypto.randomUUID(), timestamp: time - 128 },
  };
}

/** Writes a trail as the server does, without waiting for the disk. The number of its last line. */
function makeTrail(directory: string): number {
  let head = EMPTY;
  for (let segment = 1, i = 0; i < ENTRIES; segment++) {
    const encoder = new LineEncoder();
    const file = openSync(segmentPath(directory, segment), 'w');
    const header = { format: 1, segment, previous: head.hash } as const;
    let batch = new Batch(head, encoder, { header, time: entryOf(i).time });
    for (let bytes = 0; bytes < SEGMENT_BYTES && i < ENTRIES; ) {
      while (batch.length < BATCH_BYTES && i < ENTRIES) batch.add(entryOf(i++));
      bytes += writeSync(file, batch.bytes);
      head = batch.head;
      batch = new Batch(head, encoder);
    }
    closeSync(file);
  }
  return head.seq;
}

const bytesIn = (directory: string): number =>
  readdirSync(directory).reduce((sum, name) => sum + statSync(join(directory, name)).size, 0);

const SECONDS = Math.ceil(ENTRIES / PER_SECOND);
const hour = (): Pick<LookupQuery, 'from' | 'to'> => {
  const from = START + pick(Math.max(1, SECONDS - 3600));
  return { from, to: from + 3600 };
};
const by = (...filters: Filter[]) => ({ filters });

/** What is asked, by name. */
const QUESTIONS: Readonly<Record<string, () => Partial<LookupQuery>>> = {
  'by key': () => by({ key: 'ResourceName', value: keyId(pick(KEYS)) }),
  'by a key that is rarely used': () => by({ key: 'ResourceName', value: rareKeyId(pick(RARE_KEYS)) }),
  'by a key that was never used': () => by({ key: 'ResourceName', value: keyId(1e9 + pick(1e6)) }),
  'by key, oldest first': () => ({
    ...by({ key: 'ResourceName', value: keyId(pick(KEYS)) }),
    direction: 'FORWARD',
  }),
  'by user': () => by({ key: 'User', value: `user-${pick(USERS)}` }),
  'by event name in an hour': () => ({
    ...by({ key: 'EventName', value: ACTIONS[pick(ACTIONS.length)] ?? '' }),
    ...hour(),
  }),
  'by key and event name': () =>
    by(
      { key: 'ResourceName', value: keyId(pick(KEYS)) },
      { key: 'EventName', value: ACTIONS[pick(ACTIONS.length)] ?? '' },
    ),
  'by two users at once, so nothing': () =>
    by({ key: 'User', value: `user-${pick(USERS)}` }, { key: 'SourceIpAddress', value: '192.0.2.251' }),
  'by reads of a service, so everything': () =>
    by({ key: 'ServiceName', value: 'Kms' }, { key: 'EventRW', value: 'Read' }),
  'by dense lists that never meet': () =>
    by({ key: 'EventName', value: 'Encrypt' }, { key: 'SensitiveAction', value: 'true' }),
  'by an event id that is none': () => by({ key: 'EventId', value: crypto.randomUUID() }),
  'everything in an hour': hour,
};

async function measure(
  lookup: TrailLookup,
  question: () => Partial<LookupQuery>,
): Promise<readonly string[]> {
  const times: number[] = [];
  let found = 0;
  for (let i = 0; i < LOOKUPS; i++) {
    const start = performance.now();
    const { entries } = await lookup.find({ ...BASE, ...question() });
    times.push(performance.now() - start);
    found += entries.length;
  }
  times.sort((a, b) => a - b);
  const at = (share: number): string =>
    (times[Math.floor(share * (times.length - 1))] ?? Number.NaN).toFixed(2);
  return [at(0.5), at(0.99), at(1), (found / LOOKUPS).toFixed(1)];
}

const BASE: LookupQuery = {
  accountId: ACCOUNT,
  region: 'cn-hangzhou',
  home: true,
  filters: [],
  from: 0,
  to: 2 ** 32,
  direction: 'BACKWARD',
  limit: 20,
  now: Date.now(),
};

const folder = mkdtempSync(join(tmpdir(), 'keyhold-lookup-bench-'));
const trail = join(folder, 'trail');
const directory = join(folder, 'lookup');
mkdirSync(trail);
const open = (head: number): TrailLookup =>
  new TrailLookup({
    trail,
    directory,
    domainKey: new DomainKey(new SecretBytes(new Uint8Array(32).fill(7))),
    days: 90,
    head: () => head,
    onFailure: (error) => console.error(error),
  });

/** Until a lookup is answered. */
async function untilReady(lookup: TrailLookup): Promise<number> {
  const start = performance.now();
  for (;;) {
    try {
      await lookup.find(BASE);
      return (performance.now() - start) / 1000;
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      await sleep(100);
    }
  }
}

try {
  const started = performance.now();
  const head = makeTrail(trail);
  const trailBytes = bytesIn(trail);
  console.log(
    `${ENTRIES} entries, ${(trailBytes / ENTRIES).toFixed(0)} bytes each, ${readdirSync(trail).length} segments, ` +
      `made in ${((performance.now() - started) / 1000).toFixed(0)} s`,
  );

  let lookup = open(head);
  let stalled = 0;
  let last = performance.now();
  const watch = setInterval(() => {
    stalled = Math.max(stalled, performance.now() - last - 5);
    last = performance.now();
  }, 5);
  const built = await untilReady(lookup);
  clearInterval(watch);
  console.log(
    `indexed in ${built.toFixed(1)} s, ${Math.round(ENTRIES / built)} entries a second; ` +
      `the loop of the main thread waited ${stalled.toFixed(0)} ms at most`,
  );
  await lookup.close();
  const indexBytes = bytesIn(directory);
  const inFiles = readdirSync(directory).length / readdirSync(trail).length;
  console.log(`${(indexBytes / (ENTRIES * inFiles)).toFixed(1)} bytes of index an entry, about`);

  lookup = open(head);
  console.log(`the first lookup after a restart: ${(await untilReady(lookup)).toFixed(1)} s\n`);
  const rows: (readonly string[])[] = [];
  for (const [name, question] of Object.entries(QUESTIONS))
    rows.push([name, ...(await measure(lookup, question))]);
  console.log(table(['lookup', 'p50 ms', 'p99 ms', 'most ms', 'entries'], rows));
  await lookup.close();
} finally {
  rmSync(folder, { recursive: true, force: true });
}
