import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { linkSync, statSync, symlinkSync } from 'node:fs';
import { after, describe, test } from 'node:test';
import { ALIAS, BACKUP, content, sealedBy, twoRegions } from '../test-kit/two-regions.ts';

const kms = await twoRegions();
after(() => kms[Symbol.asyncDispose]());
const { run, place } = kms;
const sealed = (bytes: Buffer, ...flags: string[]) => sealedBy(kms, bytes, ...flags);

describe('what cannot end well is refused before anything is written', {
  concurrency: 4,
  timeout: 60_000,
}, () => {
  test('input as output, by name, by link, and behind redirections', async () => {
    const { file, plain, at } = await sealed(content(10));
    linkSync(plain, at('hard'));
    symlinkSync(plain, at('soft'));
    for (const to of [plain, at('hard'), at('soft')]) {
      const { exitCode, stderr } = await run(['encrypt', plain, '-o', to, '--force', '--key', ALIAS]);
      assert.deepEqual([exitCode, /is the output itself/.test(stderr)], [2, true], stderr);
    }
    const shell = `"$0" "$1" encrypt - --key ${ALIAS} < "$2" >> "$2"`;
    const cli = new URL('../../bin/keyhold.js', import.meta.url).pathname;
    assert.throws(
      () =>
        execFileSync('sh', ['-c', shell, process.execPath, cli, plain], {
          env: kms.environment,
          stdio: 'pipe',
        }),
      /output itself/,
    );
    assert.ok(statSync(file).size > 0);
  });

  test('wrong words', async () => {
    const here = place();
    here.write('a/x', '1');
    for (const [args, said] of [
      [[here.at('nothing')], /there is no file/],
      [[here.at('a'), '--context', 'x', '--key', ALIAS], /name=value is expected/],
      [[here.at('a'), '--format', 'zip'], /kenv, sample, sdk is expected/],
      [[here.at('a')], /name a key: --key/],
    ] as const) {
      const { exitCode, stderr } = await run(['encrypt', ...args]);
      assert.deepEqual([exitCode, said.test(stderr)], [2, true], stderr);
    }
    assert.deepEqual(here.names(), ['a/x']);
  });

  test('a key that was not allowed: the file cannot choose', async () => {
    const { file, at, names } = await sealed(content(10));
    const none = await run(['decrypt', file, '-o', at('back')]);
    assert.equal(none.exitCode, 2);
    assert.match(none.stderr, new RegExp(`try: --allow ${kms.work}`));
    const other = await run(['decrypt', file, '-o', at('back'), '--allow', BACKUP]);
    assert.equal(other.exitCode, 2);
    assert.deepEqual(names(), ['plain', 'plain.kenv']);
  });
});
