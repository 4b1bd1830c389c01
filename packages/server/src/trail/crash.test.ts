import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, fork } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { openTrail } from './open-trail.ts';
import { entriesIn, sampleEntry, temporaryDirectory } from './test-kit/samples.ts';
import { verifyTrail } from './verify.ts';

/** What the child below answers to each entry it was told to append. */
interface Answer {
  readonly index: number;
  readonly error?: string;
  readonly problem?: string;
}

const [, self, directoryOfChild] = process.argv;
if (process.send && directoryOfChild) {
  const trail = await openTrail(directoryOfChild, { segmentBytes: 50_000 });
  process.on('message', (index: number) => {
    const answer = (error?: string) => process.send?.({ index, error, problem: trail.problem() });
    trail.append(sampleEntry(index)).then(
      () => answer(),
      (error: Error) => answer(`${error.name}: ${error.message}`),
    );
  });
  process.send({ index: -1 });
}

async function appender(t: TestContext, directory: string): Promise<ChildProcess> {
  const child = fork(self ?? '', [directory], { execArgv: [] });
  t.after(() => child.kill('SIGKILL'));
  await once(child, 'message');
  return child;
}

async function appendIn(child: ChildProcess, from: number, to: number): Promise<Answer[]> {
  const answers: Answer[] = [];
  const all = new Promise<void>((resolve) => {
    const take = (answer: Answer) => {
      if (answers.push(answer) < to - from) return;
      child.off('message', take);
      resolve();
    };
    child.on('message', take);
  });
  for (let index = from; index < to; index++) child.send(index);
  await all;
  return answers;
}

if (!directoryOfChild) {
  test('a process killed while it appends loses no acknowledged entry', async (t) => {
    const directory = temporaryDirectory(t);
    const acknowledged = new Set<string>();
    for (let round = 0; round < 4; round++) {
      const child = await appender(t, directory);
      const exit = once(child, 'exit');
      let count = 0;
      child.on('message', ({ index, error }: Answer) => {
        assert.equal(error, undefined);
        acknowledged.add(String(index));
        if (++count === 200 + 150 * round) child.kill('SIGKILL');
      });
      for (let i = 0; i < 2000; i++) child.send(round * 10_000 + i, () => undefined);
      await exit;

      const trail = await openTrail(directory);
      await trail.append(sampleEntry(round * 10_000 + 9999));
      await trail.close();
      const found = new Set((await entriesIn(directory)).map((entry) => entry.requestId));
      assert.deepEqual(
        [...acknowledged].filter((id) => !found.has(id)),
        [],
      );
      assert.ok(acknowledged.size >= 200);
      const verdict = await verifyTrail(directory, { anchor: trail.head() });
      assert.ok(verdict.ok, verdict.ok ? '' : verdict.message);
    }
  });

  test('a full disk refuses entries, and takes them again without a restart', async (t) => {
    const directory = temporaryDirectory(t);
    const child = await appender(t, directory);
    const limit = (bytes: string) =>
      execFileSync('prlimit', ['--pid', String(child.pid), `--fsize=${bytes}:`]);
    const acknowledged = (answers: Answer[]) =>
      answers.filter(({ error }) => !error).map(({ index }) => String(index));

    const written = acknowledged(await appendIn(child, 0, 20));
    assert.equal(written.length, 20);

    // Room for some bytes more in the present file, so that a write is cut short; then none in any file.
    limit('9000');
    const tight = await appendIn(child, 20, 40);
    written.push(...acknowledged(tight));
    assert.ok(tight.some(({ error }) => error));
    limit('0');
    const full = await appendIn(child, 40, 60);
    assert.deepEqual(acknowledged(full), []);
    for (const { error, problem } of full) {
      assert.match(error ?? '', /^TrailUnavailable: .*0000000\d\.trail cannot be written: /);
      assert.match(problem ?? '', /0000000\d\.trail cannot be written/);
    }
    for (let again = 60; again < 70; again++) assert.ok((await appendIn(child, again, again + 1))[0]?.error);
    assert.ok(readdirSync(directory).length < 5);

    limit('unlimited');
    const after = await appendIn(child, 70, 100);
    assert.deepEqual(
      after.filter(({ error, problem }) => error ?? problem),
      [],
    );
    written.push(...acknowledged(after));
    child.kill('SIGKILL');
    await once(child, 'exit');

    // No line of a refused entry is left either: its caller was told that nothing happened.
    assert.deepEqual(
      (await entriesIn(directory)).map((entry) => entry.requestId),
      written.sort((a, b) => Number(a) - Number(b)),
    );
    assert.ok((await verifyTrail(directory)).ok);
    await (await openTrail(directory)).close();
  });
}
