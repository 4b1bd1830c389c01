import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { LOOKUP_KEYS } from '@keyhold/api/actiontrail/lookup.ts';
import fc from 'fast-check';
import type { Entry } from '../entry.ts';
import { openTrail } from '../open-trail.ts';
import { segmentPath } from '../segments.ts';
import { sampleEntry } from '../test-kit/samples.ts';
import { Indexer } from './indexer.ts';
import type { LookupQuery, Position } from './query.ts';
import { search } from './search.ts';
import { Terms } from './terms.ts';
import { linearScan, valuesOf } from './test-kit/linear-scan.ts';

const NOW = 1_800_000_000_000;
const ACCOUNTS = ['1', '2'];
const REGIONS = ['cn-hangzhou', 'cn-hangzhou', 'cn-beijing', ''];
const KEYS = ['k1', 'k2', 'k3'];

/** Few values of everything, so that most questions have answers. */
const caller: fc.Arbitrary<Entry['caller']> = fc.constantFrom(
  { accountId: '1', type: 'root-account', principalId: '1', accessKeyId: 'A1' },
  { accountId: '2', type: 'root-account', principalId: '2', accessKeyId: 'A2' },
  { accountId: '1', type: 'ram-user', principalId: '20', accessKeyId: 'A3', userName: 'root' },
  { accountId: '1', type: 'ram-user', principalId: '21', accessKeyId: 'A4', userName: 'billing' },
  {
    accountId: '1',
    type: 'assumed-role',
    principalId: '30:s',
    accessKeyId: 'STS.1',
    userName: 'Role:s',
    session: { startedAt: 0, assumedBy: '20' },
  },
  { accountId: '2', type: 'oidc-user', principalId: 'subject', accessKeyId: '' },
  { accountId: '1', type: 'service', principalId: 'keyhold', accessKeyId: '' },
  { accountId: '', type: 'service', principalId: 'keyhold', accessKeyId: '' },
);
const action = fc.constantFrom(
  ['2016-01-20', 'Encrypt'],
  ['2016-01-20', 'DisableKey'],
  ['2016-01-20', 'DestroyKey'],
  ['2015-05-01', 'CreateUser'],
  ['2015-04-01', 'AssumeRole'],
);
const arn = fc.oneof(
  fc
    .tuple(fc.constantFrom(...ACCOUNTS), fc.constantFrom(...KEYS))
    .map(([account, key]) => `acs:kms:cn-hangzhou:${account}:key/${key}`),
  fc.constantFrom('*', 'acs:kms:cn-hangzhou:1:key', 'acs:ram:*:1:user/billing', 'acs:ram:*:2:role/k1'),
);
const entry: fc.Arbitrary<Entry> = fc
  .record({
    kind: fc.constantFrom('call', 'call', 'call', 'intent', 'service'),
    // Around the minute in which an intent may still be under way, and not in order.
    time: fc.integer({ min: NOW - 120_000, max: NOW }),
    requestId: fc.nat(25).map(String),
    action,
    region: fc.constantFrom(...REGIONS),
    caller,
    sourceIp: fc.constantFrom('192.0.2.1', '192.0.2.2'),
    resources: fc.array(arn, { maxLength: 3 }),
    refused: fc.boolean(),
  })
  .map(({ action: [version = '', name = ''], refused, ...rest }) => ({
    ...sampleEntry(0, { ...rest, version, action: name }),
    ...(refused && { errorCode: 'Forbidden.NoPermission', errorMessage: 'no' }),
  }));

/** What an entry has, or what may fit none; the entry is chosen by number. */
const filter = fc.record({
  key: fc.constantFrom(...LOOKUP_KEYS),
  like: fc.nat(1000),
  value: fc.oneof({ weight: 6, arbitrary: fc.constant(undefined) }, fc.constantFrom('root', 'k1', 'true')),
});
const query = fc.record({
  accountId: fc.constantFrom(...ACCOUNTS),
  region: fc.constantFrom('cn-hangzhou', 'cn-hangzhou', 'cn-beijing'),
  home: fc.boolean(),
  filters: fc.oneof(fc.array(filter, { maxLength: 2 }), fc.tuple(filter)),
  from: fc.oneof(
    { weight: 2, arbitrary: fc.constant(0) },
    fc.integer({ min: NOW / 1000 - 130, max: NOW / 1000 }),
  ),
  to: fc.oneof(
    { weight: 2, arbitrary: fc.constant(NOW / 1000) },
    fc.integer({ min: NOW / 1000 - 100, max: NOW / 1000 }),
  ),
  direction: fc.constantFrom('BACKWARD' as const, 'FORWARD' as const),
  limit: fc.integer({ min: 1, max: 5 }),
  now: fc.constant(NOW),
});

const resolved = (
  asked: typeof query extends fc.Arbitrary<infer Q> ? Q : never,
  entries: readonly Entry[],
): LookupQuery => ({
  ...asked,
  filters: asked.filters.map(({ key, like, value }) => {
    const entry = entries[like % Math.max(1, entries.length)];
    return { key, value: value ?? (entry && valuesOf(entry, key)[0]) ?? 'nothing' };
  }),
});

/** No request leaves two intents. */
function withoutRepeatedIntents(batches: readonly (readonly Entry[])[]): Entry[][] {
  const seen = new Set<string>();
  return batches.map((batch) =>
    batch.filter(({ kind, requestId }) => {
      if (kind !== 'intent') return true;
      const repeated = seen.has(requestId);
      seen.add(requestId);
      return !repeated;
    }),
  );
}

class Scene implements Disposable {
  readonly root = mkdtempSync(join(tmpdir(), 'keyhold-lookup-'));
  readonly trail = join(this.root, 'trail');
  readonly index = join(this.root, 'lookup');
  readonly terms = new Terms('seed');
  readonly entries: Entry[] = [];
  indexer: Indexer | undefined;
  head = 0;

  /** In small segments, so that much lies across their borders. */
  async append(entries: readonly Entry[]): Promise<void> {
    const trail = await openTrail(this.trail, { segmentBytes: 2000 });
    for (const one of entries) await trail.append(one);
    this.head = trail.head().seq;
    await trail.close();
    this.entries.push(...entries);
  }

  reopen(): void {
    this.indexer?.[Symbol.dispose]();
    this.indexer = undefined;
  }

  search(asked: LookupQuery, mostSteps?: number) {
    this.indexer ??= new Indexer(this.trail, this.index, this.terms);
    this.indexer.tidy();
    assert.ok(this.indexer.catchUp(this.head, Number.POSITIVE_INFINITY));
    return search(
      { segments: this.indexer.segments, intents: this.indexer.intents, terms: this.terms },
      asked,
      mostSteps,
    );
  }

  /** All pages; `between` happens after each. */
  async all(asked: LookupQuery, mostSteps?: number, between?: () => Promise<void>): Promise<Entry[]> {
    const found: Entry[] = [];
    let after: Position | undefined;
    do {
      const page = this.search({ ...asked, after }, mostSteps);
      assert.ok(page.entries.length <= asked.limit);
      found.push(...page.entries);
      after = page.next;
      await between?.();
    } while (after);
    return found;
  }

  [Symbol.dispose](): void {
    this.reopen();
    rmSync(this.root, { recursive: true, force: true });
  }
}

test('whatever is asked of whatever trail: the pages together are what a look at every entry finds', async () => {
  const steps = fc
    .array(fc.array(entry, { maxLength: 25 }), { minLength: 1, maxLength: 3 })
    .map(withoutRepeatedIntents);
  let answers = 0;
  const law = fc.asyncProperty(
    steps,
    fc.array(query, { minLength: 20, maxLength: 20 }),
    fc.boolean(),
    fc.constantFrom(undefined, 2, 7),
    async (batches, queries, restarts, mostSteps) => {
      using scene = new Scene();
      for (const batch of batches) {
        await scene.append(batch);
        if (restarts) scene.reopen();
        for (const one of queries) {
          const asked = resolved(one, scene.entries);
          const found = await scene.all(asked, mostSteps);
          answers += found.length;
          assert.deepEqual(found, linearScan(scene.entries, asked));
        }
      }
    },
  );
  await fc.assert(law, { numRuns: 40 });
  assert.ok(answers > 300, `${answers} answers`);
});

const everything: LookupQuery = {
  accountId: '1234567890123456',
  region: 'cn-hangzhou',
  home: true,
  filters: [],
  from: 0,
  to: 2 ** 32,
  direction: 'BACKWARD',
  limit: 7,
  now: Number.MAX_SAFE_INTEGER,
};
const samples = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, i) => sampleEntry(from + i));
const ids = (entries: readonly Entry[]): number[] => entries.map(({ requestId }) => Number(requestId));

test('paging is not disturbed by what is appended meanwhile', async () => {
  for (const direction of ['BACKWARD', 'FORWARD'] as const) {
    using scene = new Scene();
    await scene.append(samples(0, 50));
    const before = linearScan(scene.entries, { ...everything, direction });
    let next = 50;
    const found = await scene.all(
      { ...everything, direction, to: sampleEntry(0).time / 1000 },
      undefined,
      async () => {
        const late = samples(next, next + 9).map((one) => ({ ...one, time: one.time + 60_000 }));
        next += 9;
        if (next < 200) await scene.append(late);
      },
    );
    assert.deepEqual(ids(found), ids(before));
  }
});

test('segments that are retired vanish from the answers and from the index, also in the middle of paging', async () => {
  using scene = new Scene();
  await scene.append(samples(0, 60));
  const first = scene.search({ ...everything, direction: 'FORWARD' });
  assert.deepEqual(ids(first.entries), [0, 1, 2, 3, 4, 5, 6]);
  const segments = readdirSync(scene.trail).length;
  assert.ok(segments > 5);
  for (let segment = 1; segment <= 3; segment++) rmSync(segmentPath(scene.trail, segment));

  // Before anybody has told the index, and after.
  const rest = await scene.all(everything);
  assert.equal(readdirSync(scene.index).length, segments - 4);
  assert.ok(rest.length < 60 && rest.length > 30);
  assert.deepEqual(ids(rest), ids(samples(60 - rest.length, 60)).reverse());
  const next = scene.search({ ...everything, direction: 'FORWARD', after: first.next });
  assert.equal(ids(next.entries)[0], 60 - rest.length);
  scene.reopen();
  assert.deepEqual(await scene.all(everything), rest);
});

test('entries that are not durable yet are not shown', async () => {
  using scene = new Scene();
  await scene.append(samples(0, 20));
  scene.head = 12;
  const found = await scene.all(everything);
  assert.ok(found.length < 12 && found.length > 6);
  scene.head = 100;
  assert.deepEqual(ids(await scene.all(everything)), ids(samples(0, 20)).reverse());
});
