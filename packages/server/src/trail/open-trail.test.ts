import assert from 'node:assert/strict';
import { readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { acceptBreak } from './accept-break.ts';
import type { Head } from './chain.ts';
import { openTrail, TrailDamaged } from './open-trail.ts';
import { segmentName } from './segments.ts';
import { appendSamples, entriesIn, sampleEntry, temporaryDirectory } from './test-kit/samples.ts';
import { verifyTrail } from './verify.ts';

const SEGMENT_BYTES = 2000;
const open = (directory: string, anchor?: Head) =>
  openTrail(directory, { anchor, segmentBytes: SEGMENT_BYTES });

async function trailOf(
  t: TestContext,
  entries: number,
): Promise<{ directory: string; head: Head; last: string }> {
  const directory = temporaryDirectory(t);
  const trail = await open(directory);
  await appendSamples(trail, 0, entries);
  await trail.close();
  return { directory, head: trail.head(), last: join(directory, readdirSync(directory).sort().at(-1) ?? '') };
}

const idsIn = async (directory: string): Promise<string[]> =>
  (await entriesIn(directory)).map((entry) => entry.requestId);

const numbers = (to: number): string[] => Array.from({ length: to }, (_, i) => String(i));

test('a trail goes on where it ended', async (t) => {
  const directory = temporaryDirectory(t);
  let anchor: Head | undefined;
  for (let from = 0; from < 30; from += 3) {
    const trail = await open(directory, anchor);
    await appendSamples(trail, from, from + 3);
    await trail.close();
    anchor = trail.head();
  }
  assert.deepEqual(await idsIn(directory), numbers(30));
  const verdict = await verifyTrail(directory, { anchor });
  assert.ok(verdict.ok);
  assert.ok(verdict.segments > 3 && verdict.segments < 10);
});

/** As short as a line can be: every byte of it costs a run. */
const bare = sampleEntry(10, {
  parameters: {},
  response: {},
  resources: [],
  reasons: [],
  userAgent: '',
  replay: { token: '', timestamp: 0 },
});

test('a last line cut at any byte is left as it is, and the trail goes on in a new segment', async (t) => {
  const { directory, head, last } = await trailOf(t, 10);
  const short = await open(directory, head);
  await short.append(bare);
  await short.close();
  const bytes = readFileSync(last);
  const lastLine = bytes.lastIndexOf(10, bytes.length - 2) + 1;
  const next = join(directory, segmentName(readdirSync(directory).length + 1));
  for (let length = lastLine; length < bytes.length; length++) {
    truncateSync(last, length);
    const trail = await open(directory);
    await trail.append(bare);
    await trail.close();
    // Cut between two lines, the trail just ends there.
    if (length > lastLine) assert.deepEqual(readFileSync(last), bytes.subarray(0, length));
    const verdict = await verifyTrail(directory, { anchor: trail.head() });
    assert.ok(verdict.ok, `cut at ${length}`);
    assert.deepEqual(await idsIn(directory), numbers(11));
    rmSync(next, { force: true });
    writeFileSync(last, bytes);
  }
});

test('a header cut at any byte makes way for another segment, twice', async (t) => {
  const { directory, head } = await trailOf(t, 3);
  const headerOf = readFileSync(join(directory, segmentName(1)), 'utf8').split('\n')[0] ?? '';
  for (let length = 0; length < headerOf.length; length += 5) {
    writeFileSync(join(directory, segmentName(2)), headerOf.slice(0, length));
    writeFileSync(join(directory, segmentName(3)), '');
    const trail = await open(directory, head);
    await trail.append(sampleEntry(3));
    await trail.close();
    assert.ok((await verifyTrail(directory, { anchor: trail.head() })).ok, `cut at ${length}`);
    assert.deepEqual(await idsIn(directory), numbers(4));
    await (await open(directory, trail.head())).close();
    rmSync(join(directory, segmentName(4)));
  }
});

type Damage = { name: string; message: RegExp; harm: (directory: string, last: string) => void };
const DAMAGES: Damage[] = [
  {
    name: 'an edited line',
    message: /0000000\d\.trail, line 2 \(entry \d+\): the line was changed/,
    harm: (_, last) =>
      writeFileSync(last, readFileSync(last, 'utf8').replace('GenerateDataKey', 'GenerateDataKez')),
  },
  {
    name: 'an edited last line',
    message: /the line was changed after it was written/,
    harm: (_, last) => writeFileSync(last, readFileSync(last, 'utf8').replace(/root"\]\}\n$/, 'rook"]}\n')),
  },
  {
    name: 'a missing segment',
    message: /00000002\.trail is missing/,
    harm: (directory) => rmSync(join(directory, segmentName(2))),
  },
  {
    name: 'a missing first segment',
    message: /00000001\.trail is missing/,
    harm: (directory) => rmSync(join(directory, segmentName(1))),
  },
  {
    name: 'a missing last segment',
    message: /but entry \d+ had been written/,
    harm: (_, last) => rmSync(last),
  },
  {
    name: 'a missing end',
    message: /0000000\d\.trail ends with entry \d+, but entry \d+ had been written/,
    harm: (_, last) => truncateSync(last, readFileSync(last).lastIndexOf(10, -2) + 1),
  },
  {
    name: 'a segment before that lost its end',
    message: /is not the one that was written: it should follow entry \d+ of 0000000\d/,
    harm: (directory, last) => {
      const path = join(directory, readdirSync(directory).sort().at(-2) ?? last);
      truncateSync(path, readFileSync(path).lastIndexOf(10, -2) + 1);
    },
  },
  {
    name: 'nothing left',
    message: /ends with entry 0, but entry \d+ had been written/,
    harm: (directory) => {
      for (const file of readdirSync(directory)) rmSync(join(directory, file));
    },
  },
];

for (const { name, message, harm } of DAMAGES) {
  test(`${name} is refused and nothing changed, until the break is accepted`, async (t) => {
    const { directory, head, last } = await trailOf(t, 17);
    harm(directory, last);
    const before = readdirSync(directory).map((file) => readFileSync(join(directory, file), 'utf8'));
    await assert.rejects(open(directory, head), (error: Error) => {
      assert.ok(error instanceof TrailDamaged);
      assert.match(error.message, message);
      assert.match(error.message, /keyhold trail verify.*keyhold trail accept-break/s);
      return true;
    });
    const after = readdirSync(directory).map((file) => readFileSync(join(directory, file), 'utf8'));
    assert.deepEqual(after, before);

    const broken = await verifyTrail(directory, { anchor: head });
    assert.ok(!broken.ok);
    const anchor = await acceptBreak(directory, 'disk replaced', { anchor: head });
    assert.ok(anchor.seq > head.seq);
    // The old anchor lies in what was given up.
    assert.ok((await verifyTrail(directory, { anchor: head })).ok);
    const trail = await open(directory, anchor);
    await appendSamples(trail, 100, 110);
    await trail.close();
    await (await open(directory, trail.head())).close();

    const verdict = await verifyTrail(directory, { anchor: trail.head() });
    assert.ok(verdict.ok, verdict.ok ? '' : verdict.message);
    assert.deepEqual(
      verdict.breaks.map((accepted) => [accepted.reason, accepted.after]),
      [['disk replaced', broken.before.seq]],
    );
    const entries = await entriesIn(directory);
    assert.deepEqual(entries.find((entry) => entry.kind === 'break')?.parameters, {
      Reason: 'disk replaced',
      Damage: broken.message,
    });
    assert.deepEqual(
      entries.slice(-10).map((entry) => entry.requestId),
      Array.from({ length: 10 }, (_, i) => String(100 + i)),
    );
  });
}

test('what was accepted as damaged may not change any more, and may be accepted again', async (t) => {
  const { directory, last } = await trailOf(t, 17);
  writeFileSync(last, readFileSync(last, 'utf8').replace('GenerateDataKey', 'GenerateDataKez'));
  const first = await acceptBreak(directory, 'once');
  assert.ok((await verifyTrail(directory, { anchor: first })).ok);
  await assert.rejects(acceptBreak(directory, 'nothing'), /is whole/);

  writeFileSync(last, readFileSync(last, 'utf8').replace('GenerateDataKez', 'GenerateDataKex'));
  const verdict = await verifyTrail(directory, { anchor: first });
  assert.ok(!verdict.ok);
  assert.match(verdict.message, /has changed since/);
  const second = await acceptBreak(directory, 'twice', { anchor: first });
  assert.ok(second.seq > first.seq);
  const accepted = await verifyTrail(directory, { anchor: second });
  assert.ok(accepted.ok);
  assert.deepEqual(
    accepted.breaks.map(({ reason }) => reason),
    ['twice'],
  );
});

test('an anchor in an older segment is looked for there', async (t) => {
  const { directory } = await trailOf(t, 60);
  const lines = readFileSync(join(directory, segmentName(2)), 'utf8').split('\n');
  const seq = Number(/"n":(\d+)/.exec(lines[1] ?? '')?.[1]);
  await (await open(directory, { seq, hash: lines[1]?.slice(0, 64) ?? '' })).close();
  await assert.rejects(open(directory, { seq, hash: 'ab'.repeat(32) }), /is not the one that was remembered/);
});
