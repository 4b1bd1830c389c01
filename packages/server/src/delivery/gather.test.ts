import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Entry } from '../trail/entry.ts';
import { eventOf } from '../trail/event.ts';
import { openTrail } from '../trail/open-trail.ts';
import { entriesIn, sampleEntry, temporaryDirectory } from '../trail/test-kit/samples.ts';
import { afterLine, type Cursor } from './cursor.ts';
import { gather, type Limits, type Plan } from './gather.ts';
import { objectsOf } from './object.ts';
import { type Order, regionIn } from './order.ts';

const TIME = 1_800_000_000_000;
const MINUTE = 60_000;

const order: Order = {
  accountId: '1',
  eventRw: 'All',
  regions: undefined,
  runs: [{ after: 0, segment: 1, end: null }],
  keyPrefix: '',
  globalRegion: 'cn-hangzhou',
};
const caller = (accountId: string): Entry['caller'] => ({
  accountId,
  type: 'root-account',
  principalId: accountId,
  accessKeyId: `LTAI${accountId}`,
});
const entry = (requestId: string, changes: Partial<Entry> = {}): Entry =>
  sampleEntry(0, { requestId, time: TIME, caller: caller('1'), resources: [], ...changes });

/** Entries as calls at once bring them: most writes have a result some lines later, some never, one much later. */
const steps = fc.array(
  fc.record({
    kind: fc.constantFrom('call', 'call', 'intent', 'end', 'end', 'service'),
    account: fc.constantFrom('1', '1', '2'),
    region: fc.constantFrom('cn-hangzhou', 'cn-beijing'),
    pause: fc.constantFrom(0, 0, 0, 1, 1000, 2 * MINUTE),
    write: fc.boolean(),
    which: fc.nat(5),
  }),
  { maxLength: 60 },
);

function entriesOf(list: typeof steps extends fc.Arbitrary<infer T> ? T : never): Entry[] {
  const open: Entry[] = [];
  let time = TIME;
  return list.map(({ kind, account, region, pause, write, which }, i) => {
    time += pause;
    const action = write ? 'DisableKey' : 'Encrypt';
    const base = { time, region, caller: caller(account), action };
    const [begun] = kind === 'end' ? open.splice(which % Math.max(1, open.length), 1) : [];
    if (begun) return { ...begun, kind: 'call' };
    const made = entry(`r${i}`, { ...base, kind: kind === 'end' ? 'call' : kind });
    if (kind === 'intent') open.push(made);
    return made;
  });
}

/** All there is to deliver once everything is over, found the simple way. */
function wanted(entries: readonly Entry[], asked: Order): string[] {
  return entries.flatMap((found, i) => {
    if (regionIn(asked, found, i + 1) === undefined) return [];
    const ended = entries
      .slice(i + 1)
      .some((later) => later.kind !== 'intent' && later.requestId === found.requestId);
    return found.kind === 'intent' && ended ? [] : [eventOf(found, '1').eventId];
  });
}

/** Writes whose result took longer than a minute may have been told of before it came. */
function slowIds(entries: readonly Entry[]): string[] {
  return entries.flatMap((begun, i) => {
    const result = entries.findIndex((later, j) => j > i && later.requestId === begun.requestId);
    const isSlow = entries.slice(i, result).some(({ time }) => time >= begun.time + MINUTE);
    return begun.kind === 'intent' && isSlow ? [eventOf(begun, '1').eventId] : [];
  });
}

const idsOf = (events: readonly { readonly json: string }[]): string[] =>
  events.map(({ json }) => JSON.parse(json).eventId);

test('batches together are what is to be delivered, each once, and each can be made again', async (t) => {
  const directory = temporaryDirectory(t);
  let count = 0;
  const property = fc.asyncProperty(
    steps,
    fc.array(fc.nat(12), { minLength: 1, maxLength: 8 }),
    fc.record({ events: fc.integer({ min: 1, max: 9 }), entries: fc.integer({ min: 1, max: 20 }) }),
    fc.constantFrom<Partial<Order>>(
      {},
      { eventRw: 'Write' },
      { eventRw: 'Read' },
      { regions: ['cn-beijing'] },
    ),
    async (list, growth, sizes, changes) => {
      const path = `${directory}/${count++}`;
      const limits: Limits = { ...sizes, bytes: 1 << 20 };
      const asked = { ...order, ...changes };
      const entries = entriesOf(list);
      await using trail = disposable(await openTrail(path, { clock: () => TIME, segmentBytes: 4000 }));
      const made: { from: Cursor; plan: Plan; ids: string[]; names: string }[] = [];
      let from = afterLine(0, 1);
      const deliver = async (now: number) => {
        for (;;) {
          const last = trail.head().seq;
          const { plan, events, full } = await gather(path, asked, from, { last, now, over: 0, limits });
          const names = objectsOf(asked, events)
            .map(({ name }) => name)
            .join();
          made.push({ from, plan, ids: idsOf(events), names });
          from = plan.to;
          if (!full) return;
        }
      };
      let written = 0;
      for (let i = 0; written < entries.length; i++) {
        const next = entries.slice(written, written + 1 + (growth[i % growth.length] ?? 0));
        written += next.length;
        await Promise.all(next.map((each) => trail.append(each)));
        await deliver(next.at(-1)?.time ?? TIME);
      }
      await deliver(TIME + 1e9);

      const delivered = made.flatMap(({ ids }) => ids);
      assert.equal(from.seq, trail.head().seq);
      assert.equal(new Set(delivered).size, delivered.length);
      const all = await entriesIn(path);
      const expected = wanted(all, asked);
      const late = delivered.filter((id) => !expected.includes(id));
      assert.deepEqual(
        late.filter((id) => !slowIds(all).includes(id)),
        [],
      );
      assert.deepEqual(
        delivered.filter((id) => !late.includes(id)),
        expected,
      );

      for (const { from: start, plan, ids, names } of made) {
        const again = await gather(path, asked, start, { plan });
        assert.deepEqual(idsOf(again.events), ids);
        assert.equal(
          objectsOf(asked, again.events)
            .map(({ name }) => name)
            .join(),
          names,
        );
      }
    },
  );
  await fc.assert(property, { numRuns: 60 });
});

const disposable = <T extends { close(): Promise<void> }>(value: T): T & AsyncDisposable =>
  Object.assign(value, { [Symbol.asyncDispose]: () => value.close() });

test('a write is one event: its result, or after a minute that nobody knows it', async (t) => {
  const path = temporaryDirectory(t);
  await using trail = disposable(await openTrail(path, { clock: () => TIME }));
  await trail.append(entry('a', { kind: 'intent', action: 'DisableKey' }));
  await trail.append(entry('b'));
  const from = afterLine(0, 1);
  const at = (now: number) => gather(path, order, from, { last: trail.head().seq, now, over: 0 });
  assert.deepEqual((await at(TIME + MINUTE - 1)).events, []);
  const afterRestart = { last: trail.head().seq, now: TIME, over: trail.head().seq };
  assert.equal((await gather(path, order, from, afterRestart)).events.length, 2);
  const lost = (await at(TIME + MINUTE)).events.map(({ json }) => JSON.parse(json));
  assert.deepEqual(
    lost.map(({ requestId }) => requestId),
    ['a', 'b'],
  );
  assert.equal(lost[0].additionalEventData.Outcome, 'unknown');
  await trail.append(entry('a', { action: 'DisableKey' }));
  const done = (await at(TIME + 1)).events.map(({ json }) => JSON.parse(json));
  assert.deepEqual(
    done.map(({ requestId }) => requestId),
    ['b', 'a'],
  );
});

test('from StartLogging to StopLogging, its own entry included', async (t) => {
  const path = temporaryDirectory(t);
  await using trail = disposable(await openTrail(path, { clock: () => TIME }));
  for (const id of ['1', '2', '3', 'stop', '5', '6', '7']) await trail.append(entry(id));
  // The header is line 1.
  const runs = [
    { after: 2, segment: 1, end: { seq: 4, requestId: 'stop' } },
    { after: 7, segment: 1, end: null },
  ];
  const { events } = await gather(path, { ...order, runs }, afterLine(2, 1), {
    last: trail.head().seq,
    now: TIME,
    over: 0,
  });
  assert.deepEqual(
    events.map(({ json }) => JSON.parse(json).requestId),
    ['2', '3', 'stop', '7'],
  );
});

test('a cursor knows its place, and finds it again where the trail was moved', async (t) => {
  const path = temporaryDirectory(t);
  await using trail = disposable(await openTrail(path, { clock: () => TIME, segmentBytes: 100_000 }));
  for (let i = 0; i < 5000; i += 100) {
    await Promise.all(
      Array.from({ length: 100 }, (_, j) =>
        trail.append(entry(String(i + j), { sourceIp: `192.0.2.${j % 7}` })),
      ),
    );
  }
  const last = trail.head().seq;
  const limits = { events: 777, bytes: 1 << 30, entries: 1e9 };
  const cursors: Cursor[] = [];
  const ids: string[] = [];
  for (let from = afterLine(0, 1); from.seq < last; ) {
    const { plan, events } = await gather(path, order, from, { last, now: TIME, over: 0, limits });
    ids.push(...idsOf(events));
    cursors.push(from);
    from = plan.to;
  }
  assert.deepEqual(
    ids,
    (await entriesIn(path)).map((each) => eventOf(each, '1').eventId),
  );
  const first = async (from: Cursor) => {
    const { events } = await gather(path, order, from, {
      last,
      now: TIME,
      over: 0,
      limits: { ...limits, events: 1 },
    });
    return idsOf(events)[0];
  };
  for (const [i, cursor] of cursors.entries()) {
    const expected = ids[i * 777];
    for (const wrong of [
      cursor,
      { ...cursor, segment: 99 },
      { ...cursor, offset: cursor.offset + 1 },
      { ...cursor, hash: 'other' },
      afterLine(cursor.seq, 1),
    ]) {
      assert.equal(await first(wrong), expected, JSON.stringify(wrong));
    }
    // The number counts, where the place does not fit it.
    if (i > 0) assert.equal(await first({ ...cursor, seq: cursor.seq - 1, hash: 'other' }), ids[i * 777 - 1]);
  }
});
