import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openTrail } from './open-trail.ts';
import { segmentsSince } from './read.ts';
import { scanReplays } from './replay-scan.ts';
import { entriesIn, sampleEntry, temporaryDirectory } from './test-kit/samples.ts';

const TOKENS = [
  'plain',
  'quo"te',
  'back\\slash',
  '\\"',
  'ümlaut',
  '漢字',
  '',
  '\n',
  '"],"o":1',
  '\ud83d\ude00',
];

test('reading since a time skips what is older; the scan sees the same entries', async (t) => {
  const directory = temporaryDirectory(t);
  let now = 0;
  const trail = await openTrail(directory, { segmentBytes: 3000, clock: () => now });
  const times: number[] = [];
  for (let i = 0; i < 100; i++) {
    const time = 1_800_000_000_000 + 1000 * i;
    now = time + 20;
    times.push(time);
    const token = TOKENS[i % TOKENS.length] ?? '';
    const changes = {
      time,
      sourceIp: `192.0.2.${i % 4}`,
      caller: {
        accountId: '1',
        type: 'root-account' as const,
        principalId: '1',
        accessKeyId: `key ${TOKENS[i % 3]}`,
      },
    };
    const { replay: _, ...silent } = sampleEntry(i, changes);
    await trail.append(
      i % 5 === 4 ? silent : { ...silent, replay: { token, timestamp: time + 100 * (i - 50) } },
    );
  }
  await trail.close();
  assert.equal((await entriesIn(directory)).length, 100);

  for (const since of [0, ...times, now + 1]) {
    const entries = await entriesIn(directory, since);
    assert.deepEqual(
      entries.map((entry) => entry.time),
      times.filter((time) => time >= since),
    );
    const seen: unknown[] = [];
    await scanReplays(directory, since, (...replay) => seen.push(replay));
    assert.deepEqual(
      seen,
      entries.flatMap(({ caller, replay }) =>
        replay ? [[caller.accessKeyId, replay.token, replay.timestamp]] : [],
      ),
    );
  }
  // A clock set back by half an hour hides nothing.
  const last = times.at(-1) ?? 0;
  assert.equal((await segmentsSince(directory, last)).length, (await segmentsSince(directory, 0)).length);
  assert.ok((await segmentsSince(directory, last + 30 * 60_000)).length <= 2);
  assert.ok((await segmentsSince(directory, 0)).length > 5);
});
