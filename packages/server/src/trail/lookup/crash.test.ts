import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFileSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Entry } from '../entry.ts';
import { openTrail } from '../open-trail.ts';
import { entriesIn, sampleEntry, temporaryDirectory } from '../test-kit/samples.ts';
import { Indexer } from './indexer.ts';
import type { LookupQuery, Position } from './query.ts';
import { search } from './search.ts';
import { Terms } from './terms.ts';
import { linearScan } from './test-kit/linear-scan.ts';

const SEED = 'seed';
const pathsIn = (root: string) => ({ trail: join(root, 'trail'), index: join(root, 'lookup') });

const [, self, rootOfChild, headOfChild] = process.argv;
if (process.send && rootOfChild) {
  const { trail, index } = pathsIn(rootOfChild);
  const indexer = new Indexer(trail, index, new Terms(SEED));
  process.send('ready');
  while (indexer.step(Number(headOfChild)));
  process.send('done');
}

/** Most entries are answered; every seventh is an intent, and of those every other has no answer. */
const entryOf = (i: number): Entry => {
  const KeyId = `key-${i % 10}`;
  const made = sampleEntry(i, {
    parameters: { KeyId },
    resources: [`acs:kms:cn-hangzhou:1234567890123456:key/${KeyId}`],
  });
  if (i % 7 === 0) return { ...made, kind: 'intent', requestId: `write ${i}` };
  return i % 14 === 12 ? { ...made, requestId: `write ${i - 12}` } : made;
};

async function append(trailDirectory: string, from: number, to: number): Promise<number> {
  const trail = await openTrail(trailDirectory, { segmentBytes: 20_000 });
  const done = [];
  for (let i = from; i < to; i++) {
    done.push(trail.append(entryOf(i)));
    if (i % 40 === 0) await Promise.all(done);
  }
  await Promise.all(done);
  const { seq } = trail.head();
  await trail.close();
  return seq;
}

const QUESTIONS: readonly LookupQuery['filters'][] = [
  [],
  [{ key: 'ResourceName', value: 'key-3' }],
  [
    { key: 'EventName', value: 'GenerateDataKey' },
    { key: 'ResourceName', value: 'key-0' },
  ],
];

/** Everything that the index finds is what a look at every entry finds. */
async function check(root: string, head: number): Promise<void> {
  using indexer = indexerOf(root);
  await checkWith(indexer, root, head);
}

const indexerOf = (root: string): Indexer => {
  const { trail, index } = pathsIn(root);
  return new Indexer(trail, index, new Terms(SEED));
};

async function checkWith(indexer: Indexer, root: string, head: number): Promise<void> {
  const { trail } = pathsIn(root);
  const terms = new Terms(SEED);
  indexer.tidy();
  assert.ok(indexer.catchUp(head, Number.POSITIVE_INFINITY));
  const entries = await entriesIn(trail);
  for (const filters of QUESTIONS) {
    const query: LookupQuery = {
      accountId: '1234567890123456',
      region: 'cn-hangzhou',
      home: true,
      filters,
      from: 0,
      to: 2 ** 32,
      direction: 'FORWARD',
      limit: 500,
      now: Number.MAX_SAFE_INTEGER,
    };
    const found: Entry[] = [];
    let after: Position | undefined;
    do {
      const page = search(
        { segments: indexer.segments, intents: indexer.intents, terms },
        { ...query, after },
      );
      found.push(...page.entries);
      after = page.next;
    } while (after);
    assert.deepEqual(
      found.map(({ requestId }) => requestId),
      linearScan(entries, query).map(({ requestId }) => requestId),
    );
    assert.ok(found.length > 10);
  }
}

if (!rootOfChild) {
  test('an indexer killed at any moment leaves nothing that is missed or invented afterwards', async (t) => {
    const root = temporaryDirectory(t);
    let killed = 0;
    for (let round = 0; round < 4; round++) {
      const head = await append(pathsIn(root).trail, round * 400, round * 400 + 400);
      const child = fork(self ?? '', [root, String(head)], { execArgv: [] });
      t.after(() => child.kill('SIGKILL'));
      const exit = once(child, 'exit');
      await once(child, 'message');
      await sleep(5 * round);
      child.kill('SIGKILL');
      const [, signal] = await exit;
      if (signal === 'SIGKILL') killed++;
      await check(root, head);
    }
    assert.ok(killed > 0);
  });

  test('an index that is cut short, of another trail, of another seed or no index at all is made anew', async (t) => {
    const root = temporaryDirectory(t);
    const { trail, index } = pathsIn(root);
    const head = await append(trail, 0, 600);
    await check(root, head);
    const files = readdirSync(index).map((name) => join(index, name));
    const [first = '', second = '', third = '', fourth = ''] = files;
    assert.ok(files.length > 5);
    truncateSync(first, statSync(first).size - 1);
    truncateSync(second, 0);
    writeFileSync(third, 'KHLOOKUP\xff\xff\xff\x00{', 'latin1');
    appendFileSync(fourth, 'x');
    writeFileSync(join(index, '00000009.index.new'), 'half');
    await check(root, head);
    assert.deepEqual(
      readdirSync(index).map((name) => join(index, name)),
      files,
    );
    {
      using other = new Indexer(trail, index, new Terms('another'));
      other.catchUp(head, Number.POSITIVE_INFINITY);
    }
    await check(root, head);
  });

  test('an index of a segment that is the last again, and goes on, is made anew', async (t) => {
    const root = temporaryDirectory(t);
    const { trail } = pathsIn(root);
    await check(root, await append(trail, 0, 600));
    const last = readdirSync(trail).at(-1) ?? '';
    rmSync(join(trail, last));
    using indexer = indexerOf(root);
    await checkWith(indexer, root, Number.MAX_SAFE_INTEGER);
    // The segment before is shorter than those of this trail are, so entries are added to it.
    const longer = await openTrail(trail);
    for (let i = 600; i < 610; i++) await longer.append(entryOf(i));
    const { seq } = longer.head();
    await longer.close();
    assert.equal(readdirSync(trail).includes(last), false);
    await checkWith(indexer, root, seq);
  });

  test('an index of a segment that was replaced is made anew', async (t) => {
    const one = temporaryDirectory(t);
    const two = temporaryDirectory(t);
    const head = await append(pathsIn(one).trail, 0, 600);
    await check(one, head);
    // Another trail of the same size: only its hashes tell.
    await append(pathsIn(two).trail, 0, 600);
    const { index } = pathsIn(one);
    for (const name of readdirSync(pathsIn(two).trail)) {
      writeFileSync(join(pathsIn(one).trail, name), readFileSync(join(pathsIn(two).trail, name)));
    }
    const before = readFileSync(join(index, '00000002.index'), 'latin1');
    await check(one, head);
    assert.notEqual(readFileSync(join(index, '00000002.index'), 'latin1'), before);
  });
}
