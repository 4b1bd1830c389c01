import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { after, describe, test } from 'node:test';
import { KEYHOLD } from '../test-kit/cli-process.ts';
import { content, sealedBy, twoRegions } from '../test-kit/two-regions.ts';

const kms = await twoRegions();
after(() => kms[Symbol.asyncDispose]());
const { run } = kms;

describe('inspect', { concurrency: 4, timeout: 60_000 }, () => {
  test('takes directories and patterns; a file that is none is named at the end, and hides no other', async () => {
    const { file, plain, at, write, read, directory } = await sealedBy(kms, content(10));
    write('deep/bad.kenv', 'hello');
    write('deep/good.kenv', read('plain.kenv'));
    const all = await run(['inspect', directory]);
    assert.equal(all.exitCode, 4);
    assert.match(all.stdout, new RegExp(`^file +${at('deep/good.kenv')}$`, 'm'));
    assert.match(all.stdout, new RegExp(`^file +${file}$`, 'm'));
    assert.equal(
      all.stderr,
      `note: 1 file not named *.kenv, *.sample, *.sdk left out\nerror: ${at('deep/bad.kenv')}: the input is not an envelope: it does not begin with its magic bytes\n`,
    );
    const json = await run(['inspect', `${directory}/deep/*.kenv`, '--json']);
    assert.equal(json.exitCode, 4);
    const [good, bad, ...others] = JSON.parse(json.stdout);
    assert.equal(good.recipients[0].cmk, kms.work);
    assert.deepEqual([bad.file, bad.code, bad.exitCode], [at('deep/bad.kenv'), 'NotAnEnvelope', 4]);
    assert.deepEqual(others, []);
    const none = await run(['inspect', plain, '--json']);
    assert.deepEqual([none.exitCode, JSON.parse(none.stdout).length], [4, 1]);
  });

  test('--json is an array, of one file too', async () => {
    const { file } = await sealedBy(kms, content(10));
    const [{ plaintextBytes }, ...others] = JSON.parse((await run(['inspect', file, '--json'])).stdout);
    assert.deepEqual([plaintextBytes, others], [10, []]);
  });

  test('a context makes no rows of its own', async () => {
    const { file } = await sealedBy(kms, content(10), '--context', 'app=x\nformat  forged');
    const { stdout } = await run(['inspect', file]);
    assert.match(stdout, /^context +app=x\\u000aformat {2}forged$/m);
    assert.doesNotMatch(stdout, /^format +forged/m);
  });

  test('stdout that takes no more: an error, no stack', async () => {
    const { file } = await sealedBy(kms, content(10));
    const line = '"$0" "$1" inspect "$2" > /dev/full';
    const { status, stderr } = spawnSync('sh', ['-c', line, process.execPath, KEYHOLD, file], {
      env: kms.environment,
      encoding: 'utf8',
    });
    assert.match(stderr, /^error: stdout takes no more, so what was printed is incomplete: ENOSPC.*\n$/);
    assert.equal(status, 1);
  });
});
