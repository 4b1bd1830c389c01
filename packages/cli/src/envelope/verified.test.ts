import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync, readdirSync } from 'node:fs';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { after, describe, test } from 'node:test';
import { KEYHOLD } from '../test-kit/cli-process.ts';
import { content, sealedBy, twoRegions, until } from '../test-kit/two-regions.ts';

const kms = await twoRegions();
after(() => kms[Symbol.asyncDispose]());
const { run, start } = kms;
const ANY = '--allow-any-key';
const sealed = (bytes: Buffer, ...flags: string[]) => sealedBy(kms, bytes, ...flags);

describe('an output appears when its last chunk was verified', { concurrency: 4, timeout: 60_000 }, () => {
  test('not while the rest is missing', async () => {
    const bytes = content(200_000);
    const { read, at, file, directory } = await sealed(bytes);
    const stdin = new PassThrough();
    const { ended } = start(['decrypt', '-', '-o', at('back'), ANY], stdin);
    const envelope = read('plain.kenv');
    stdin.write(envelope.subarray(0, -10));
    const partial = () => readdirSync(directory).join(' ');
    await until(() => /\.kenv-[0-9a-f]+\.partial/.test(partial()));
    assert.ok(!existsSync(at('back')));
    stdin.end(envelope.subarray(-10));
    assert.equal((await ended).exitCode, 0);
    assert.deepEqual(read('back'), bytes);
    assert.ok(existsSync(file));
  });

  test('not where a byte was changed, was cut off, or is something else: 4', async () => {
    const { read, write, names, at, directory } = await sealed(content(200_000));
    const envelope = read('plain.kenv');
    const damaged = Buffer.from(envelope);
    damaged[damaged.length - 1] = (damaged.at(-1) ?? 0) ^ 1;
    const cases = {
      damaged,
      cut: envelope.subarray(0, -1),
      shorter: envelope.subarray(0, -70_000),
      other: Buffer.from('hello'),
    };
    for (const [name, bytes] of Object.entries(cases)) {
      write(name, bytes);
      const { exitCode, stderr } = await run(['decrypt', at(name), '-o', at('back'), ANY]);
      assert.deepEqual([exitCode, stderr.startsWith('error: ')], [4, true], `${name}: ${stderr}`);
    }
    assert.deepEqual(names(), [...Object.keys(cases), 'plain', 'plain.kenv'].sort());
    const many = await run(['decrypt', at('plain.kenv'), at('damaged'), '-o', `${directory}/out/`, ANY]);
    assert.deepEqual([many.exitCode, /^error: .*damaged: /m.test(many.stderr)], [4, true], many.stderr);
    assert.match(many.stdout, /1 of 2 files decrypted/);
    assert.deepEqual(
      names().filter((name) => name.startsWith('out')),
      ['out/plain'],
    );
  });

  test('what went to stdout stays there, and is said to be incomplete', async () => {
    const { read } = await sealed(Buffer.alloc(200_000, 'a'));
    const damaged = read('plain.kenv');
    damaged[damaged.length - 1] = (damaged.at(-1) ?? 0) ^ 1;
    const { exitCode, stdout, stderr } = await run(['decrypt', '-', ANY], damaged);
    assert.equal(exitCode, 4);
    assert.equal(stdout, 'a'.repeat(stdout.length));
    assert.ok(stdout.length > 0 && stdout.length < 200_000);
    assert.match(
      stderr,
      new RegExp(`what was printed is incomplete \\(${stdout.length} bytes\\): do not use it`),
    );
  });

  test('a file that is stdout gets what a pipe gets', async () => {
    const bytes = content(600_000);
    const { read, write, at } = await sealed(bytes);
    const into = async (name: string): Promise<{ exitCode: unknown; stderr: string }> => {
      using stdout = openFile(at('printed'));
      const args = [KEYHOLD, 'decrypt', at(name), '-o', '-', ANY];
      const stdio = ['ignore', stdout.fd, 'pipe'] as const;
      const child = spawn(process.execPath, args, { stdio: [...stdio], env: kms.environment });
      assert.ok(child.stderr);
      const [stderr, [exitCode]] = await Promise.all([text(child.stderr), once(child, 'close')]);
      return { exitCode, stderr };
    };
    assert.deepEqual(await into('plain.kenv'), { exitCode: 0, stderr: '' });
    assert.deepEqual(read('printed'), bytes);
    const damaged = read('plain.kenv');
    damaged[damaged.length - 1] = (damaged.at(-1) ?? 0) ^ 1;
    write('damaged', damaged);
    const { exitCode, stderr } = await into('damaged');
    const printed = read('printed');
    assert.equal(exitCode, 4);
    assert.deepEqual(printed, bytes.subarray(0, printed.length));
    assert.match(stderr, new RegExp(`what was printed is incomplete \\(${printed.length} bytes\\)`));
    write('other', 'hello');
    assert.doesNotMatch((await into('other')).stderr, /incomplete/, 'nothing was printed');
  });
});

function openFile(path: string): Disposable & { readonly fd: number } {
  const fd = openSync(path, 'w');
  return { fd, [Symbol.dispose]: () => closeSync(fd) };
}
