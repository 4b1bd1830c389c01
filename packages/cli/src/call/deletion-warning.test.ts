import assert from 'node:assert/strict';
import { test } from 'node:test';
import { keyhold, serveProcess } from '../test-kit/cli-process.ts';

test('whoever schedules the deletion of a key in use is warned; of one never used, not', async () => {
  await using server = await serveProcess();
  const call = (...words: string[]) => keyhold(['call', ...words], server.environment);
  const made = async () => JSON.parse((await call('CreateKey')).stdout).KeyMetadata.KeyId as string;
  const [used, unused] = [await made(), await made()];
  assert.equal((await call('Encrypt', '--KeyId', used, '--Plaintext', 'x')).exitCode, 0);
  const warned = await call('ScheduleKeyDeletion', '--KeyId', used, '--PendingWindowInDays', '7');
  assert.equal(warned.exitCode, 0);
  assert.match(warned.stderr, new RegExp(`warning: ${used} was last used at 20`));
  const silent = await call('ScheduleKeyDeletion', '--KeyId', unused, '--PendingWindowInDays', '7');
  assert.equal(silent.exitCode, 0);
  assert.doesNotMatch(silent.stderr, /warning: .* was last used/);
});
