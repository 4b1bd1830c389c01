import assert from 'node:assert/strict';
import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { DomainKey } from '../../keys/domain-key.ts';
import { SecretBytes } from '../../secret-bytes.ts';
import { openTrail } from '../open-trail.ts';
import { sampleEntry, temporaryDirectory } from '../test-kit/samples.ts';
import { TrailLookup } from './lookup.ts';
import type { LookupQuery } from './query.ts';

const query: LookupQuery = {
  accountId: '1234567890123456',
  region: 'cn-hangzhou',
  home: true,
  filters: [],
  from: 0,
  to: 2 ** 32,
  direction: 'BACKWARD',
  limit: 3,
  now: 0,
};

/** A trail with its lookup, in the thread of its own. */
async function opened(t: TestContext) {
  const root = temporaryDirectory(t);
  const directory = join(root, 'lookup');
  const failures: unknown[] = [];
  const trail = await openTrail(join(root, 'trail'), { segmentBytes: 4000 });
  const lookup = new TrailLookup({
    trail: join(root, 'trail'),
    directory,
    domainKey: new DomainKey(new SecretBytes(new Uint8Array(32))),
    days: 90,
    head: () => trail.head().seq,
    onFailure: (error) => failures.push(error),
  });
  t.after(async () => {
    await lookup.close();
    await trail.close();
  });
  const found = async (changes: Partial<LookupQuery> = {}) =>
    (await lookup.find({ ...query, ...changes })).entries.map(({ requestId }) => requestId);
  return { trail, lookup, directory, failures, found };
}

test('what was appended is found at once, by its account alone', async (t) => {
  const { trail, found, directory } = await opened(t);
  assert.equal(existsSync(directory), false, 'nothing is made before somebody asks');
  assert.deepEqual(await found(), []);
  for (let i = 0; i < 30; i++) {
    const entry = sampleEntry(i);
    await trail.append(entry);
    await trail.append({
      ...entry,
      requestId: `other ${i}`,
      caller: { ...entry.caller, accountId: '2' },
      resources: [],
    });
    assert.equal((await found())[0], String(i));
    assert.equal((await found({ accountId: '2' }))[0], `other ${i}`);
  }
  assert.deepEqual(await found({ accountId: '3' }), []);
  assert.deepEqual(await found({ region: 'cn-beijing' }), []);
  assert.deepEqual(await found({ direction: 'FORWARD', home: false }), ['0', '1', '2']);
  assert.ok(readdirSync(directory).length > 3);
});

test('an index that cannot be kept refuses lookups, is told of once, and is tried again', async (t) => {
  const { trail, lookup, found, directory, failures } = await opened(t);
  await trail.append(sampleEntry(1));
  writeFileSync(directory, 'a file where the directory should be');
  for (let i = 0; i < 2; i++) {
    await assert.rejects(lookup.find(query), { name: 'ApiError', code: 'ServiceUnavailableTemporary' });
  }
  assert.equal(failures.length, 1);
  rmSync(directory);
  assert.deepEqual(await found(), ['1']);

  await lookup.close();
  await assert.rejects(lookup.find(query), { name: 'ApiError', code: 'ServiceUnavailableTemporary' });
});
