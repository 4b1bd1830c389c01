import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { after, describe, test } from 'node:test';
import { KEYHOLD } from '../test-kit/cli-process.ts';
import { ALIAS, content, type Place, twoRegions } from '../test-kit/two-regions.ts';

const kms = await twoRegions();
after(() => kms[Symbol.asyncDispose]());
const { run, place } = kms;

/** `keyhold encrypt - -o e` with this path as its stdin. */
async function encryptFrom(path: string, here: Place) {
  const stdin = openSync(path, 'r');
  const args = [KEYHOLD, 'encrypt', '-', '-o', here.at('e'), '--key', ALIAS];
  const env = { PATH: process.env.PATH, ...kms.environment };
  const child = spawn(process.execPath, args, { env, stdio: [stdin, 'pipe', 'pipe'] });
  closeSync(stdin);
  assert.ok(child.stderr);
  const [stderr, [exitCode]] = await Promise.all([text(child.stderr), once(child, 'close')]);
  return { exitCode, stderr };
}

/** The file as a block device; undefined where the tester may not make one. */
function blockDevice(path: string): (Disposable & { readonly path: string }) | undefined {
  const { status, stdout } = spawnSync('losetup', ['--find', '--show', '--read-only', path], {
    encoding: 'utf8',
  });
  const device = stdout?.trim();
  if (status !== 0 || !device) return undefined;
  return { path: device, [Symbol.dispose]: () => spawnSync('losetup', ['--detach', device]) };
}

describe('stdin', { concurrency: 2, timeout: 60_000 }, () => {
  test('that is a block device is encrypted to its end', async (t) => {
    const here = place();
    const bytes = content(1024 * 1024);
    using device = blockDevice(here.write('disk', bytes));
    if (!device) return t.skip('no loop device can be made here');
    assert.deepEqual(await encryptFrom(device.path, here), { exitCode: 0, stderr: '' });
    await run(['decrypt', here.at('e'), '-o', here.at('back'), '--allow', ALIAS]);
    assert.ok(here.read('back').equals(bytes));
  });

  test('that is a file or a character device is encrypted to its end', async () => {
    const bytes = content(100_000);
    for (const file of [bytes, undefined]) {
      const here = place();
      const from = file ? here.write('file', file) : '/dev/null';
      assert.deepEqual(await encryptFrom(from, here), { exitCode: 0, stderr: '' });
      await run(['decrypt', here.at('e'), '-o', here.at('back'), '--allow', ALIAS]);
      assert.ok(here.read('back').equals(file ?? Buffer.alloc(0)));
    }
  });

  test('that cannot be read is refused, and nothing is written', async () => {
    const here = place();
    const { exitCode, stderr } = await encryptFrom(here.directory, here);
    assert.deepEqual([exitCode, /stdin is a directory/.test(stderr)], [2, true], stderr);
    assert.deepEqual(here.names(), []);
  });
});
