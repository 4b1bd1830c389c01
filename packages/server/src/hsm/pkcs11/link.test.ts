import assert from 'node:assert/strict';
import { ChildProcess } from 'node:child_process';
import { mock, test } from 'node:test';
import { Link } from './link.ts';

test('the end of a process is told of once, also of one that could not be killed at first', async () => {
  const ends: string[] = [];
  const link = new Link(
    1,
    () => undefined,
    (problem) => ends.push(problem),
  );
  const kill = mock.method(ChildProcess.prototype, 'kill', function (this: ChildProcess) {
    this.emit('error', new Error('not permitted'));
    this.emit('error', new Error('not permitted'));
    return false;
  });
  link.kill('no answer in time');
  kill.mock.restore();
  await link.end();
  await new Promise(setImmediate);
  assert.deepEqual(ends, ['no answer in time']);
});
