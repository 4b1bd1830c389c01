import assert from 'node:assert/strict';

import { after, describe, test } from 'node:test';
import { ALIAS, BACKUP, content, sealedBy, twoRegions } from '../test-kit/two-regions.ts';

const kms = await twoRegions();
after(() => kms[Symbol.asyncDispose]());
const { run, place } = kms;
const ANY = '--allow-any-key';
const sealed = (bytes: Buffer, ...flags: string[]) => sealedBy(kms, bytes, ...flags);

describe('inspect, rewrap, re-encrypt', { concurrency: 4, timeout: 60_000 }, () => {
  const recipients = async (file: string) =>
    JSON.parse((await run(['inspect', file, '--json'])).stdout)[0].recipients as {
      cmk: string;
      keyVersionId: string;
    }[];

  test('inspect needs no key and no server', async () => {
    const { file } = await sealed(content(10), '--context', 'app=demo');
    const { stdout, exitCode } = await run(['inspect', file]);
    assert.equal(exitCode, 0);
    for (const word of ['kenv version 1', 'app=demo', kms.work, 'plaintext bytes     10\n']) {
      assert.ok(stdout.includes(word), `${word} in ${stdout}`);
    }
  });

  test('rewrap adds, removes and renews in place; the content is the same', async () => {
    const { file, read, at } = await sealed(content(2_000_000));
    const payload = read('plain.kenv').subarray(4096);
    const rewrap = (...flags: string[]) => run(['rewrap', file, '--allow', ALIAS, ...flags]);
    assert.equal((await rewrap('--add-key', BACKUP)).exitCode, 0);
    assert.deepEqual(
      (await recipients(file)).map(({ cmk }) => cmk),
      [kms.work, kms.backup],
    );
    assert.equal((await rewrap('--remove-key', BACKUP, '--renew')).exitCode, 0);
    assert.deepEqual(
      (await recipients(file)).map(({ cmk }) => cmk),
      [kms.work],
    );
    assert.deepEqual(read('plain.kenv').subarray(4096), payload);
    const missing = await rewrap('--remove-key', BACKUP);
    assert.deepEqual([missing.exitCode, /has no recipient/.test(missing.stderr)], [2, true]);
    assert.equal((await rewrap()).exitCode, 2);
    assert.equal((await run(['decrypt', file, '-o', at('back'), ANY])).exitCode, 0);
  });

  test('re-encrypt lists what depends on a version, and moves it to another key with a new data key', async () => {
    const here = place();
    here.write('a', 'a');
    here.write('b', content(100_000));
    await run(['encrypt', here.directory, '--key', ALIAS, '--context', 'app=demo']);
    const before = here.read('b.kenv');
    const [{ keyVersionId } = { keyVersionId: '' }] = await recipients(here.at('a.kenv'));
    const listed = async () =>
      (await run(['re-encrypt', here.directory, '--depends-on', keyVersionId])).stdout;
    assert.equal(await listed(), `${here.at('a.kenv')}\n${here.at('b.kenv')}\n`);
    const moved = await run([
      're-encrypt',
      here.directory,
      '--depends-on',
      keyVersionId,
      '--to',
      BACKUP,
      '--allow',
      ALIAS,
    ]);
    assert.equal(moved.exitCode, 0, moved.stderr);
    assert.equal(await listed(), '');
    assert.notDeepEqual(here.read('b.kenv').subarray(-1000), before.subarray(-1000));
    assert.deepEqual(
      (await recipients(here.at('b.kenv'))).map(({ cmk }) => cmk),
      [kms.backup],
    );
    await run(['decrypt', here.at('b.kenv'), '-o', here.at('back'), '--allow', BACKUP]);
    assert.deepEqual(here.read('back'), content(100_000));
    assert.deepEqual(here.names(), ['a', 'a.kenv', 'b', 'b.kenv', 'back']);
  });
});
