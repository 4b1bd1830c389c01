import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startNode } from '../test-kit/cli-process.ts';

test('work that does not hear of the abort is ended by the signal, too', { timeout: 30_000 }, async () => {
  const script = `
    import { interruptible } from ${JSON.stringify(new URL('./interrupt.ts', import.meta.url))};
    setInterval(() => {}, 1000);
    await interruptible(() => {
      console.log('at work');
      return new Promise(() => {});
    });`;
  const { child, ended, line } = startNode(['--input-type=module', '-e', script], {});
  await line(/at work/);
  child.kill('SIGTERM');
  const { stderr } = await ended;
  assert.deepEqual(
    [child.signalCode, stderr],
    ['SIGTERM', 'interrupted: what was not complete is not kept\n'],
  );
});
