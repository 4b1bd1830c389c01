import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { keyhold } from '../test-kit/cli-process.ts';

/** What bash offers at the end of the line. */
function offered(script: string, ...line: string[]): string[] {
  const ask = `${script}\nCOMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _keyhold; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const printed = execFileSync('bash', ['-c', ask, 'bash', ...line], { encoding: 'utf8' });
  return printed.split('\n').filter(Boolean);
}

test('bash offers commands, actions and flags', async () => {
  const { stdout: script } = await keyhold(['completion', 'bash']);
  assert.deepEqual(offered(script, 'keyhold', 'dec'), ['decrypt']);
  assert.deepEqual(offered(script, 'keyhold', 'trail', 'v'), ['verify']);
  assert.deepEqual(offered(script, 'keyhold', 'call', 'GenerateDataKeyW'), [
    'GenerateDataKeyWithoutPlaintext',
  ]);
  assert.deepEqual(offered(script, 'keyhold', 'call', 'Encrypt', '--Plain'), [
    '--Plaintext',
    '--Plaintext-file',
  ]);
  assert.deepEqual(offered(script, 'keyhold', 'encrypt', 'file', '--recovery'), ['--recovery-public-key']);
  assert.deepEqual(offered(script, 'keyhold', 'call', 'CreateKey', '--q'), ['--query']);
});

test('bash leaves the place of file names to them, and offers the values of what takes one of a few', async () => {
  const { stdout: script } = await keyhold(['completion', 'bash']);
  for (const command of ['encrypt', 'decrypt', 'inspect'])
    assert.deepEqual(offered(script, 'keyhold', command, ''), []);
  assert.deepEqual(offered(script, 'keyhold', 'encrypt', '--format', ''), ['kenv', 'sample', 'sdk']);
  assert.deepEqual(offered(script, 'keyhold', 'encrypt', '--format', 's'), ['sample', 'sdk']);
  assert.deepEqual(offered(script, 'keyhold', 'completion', ''), ['bash', 'zsh', 'fish']);
});

test('zsh and fish get scripts that they can read', async () => {
  const [zsh, fish] = await Promise.all(['zsh', 'fish'].map((shell) => keyhold(['completion', shell])));
  assert.match(zsh?.stdout ?? '', /^#compdef keyhold\nautoload -U \+X bashcompinit/);
  for (const line of [
    /^complete -c keyhold -f -n '__fish_seen_subcommand_from trail;.*-a verify/m,
    /^complete -c keyhold -n '__fish_seen_subcommand_from encrypt' -l format -x -a 'kenv sample sdk'/m,
    /^complete -c keyhold -f -n '__fish_seen_subcommand_from completion;.* -a zsh/m,
  ]) {
    assert.match(fish?.stdout ?? '', line);
  }
  for (const [shell, script] of [
    ['zsh', zsh],
    ['fish', fish],
  ] as const) {
    const { status, error, stderr } = spawnSync(shell, ['-n'], {
      input: script?.stdout ?? '',
      encoding: 'utf8',
    });
    if (!error) assert.equal(status, 0, stderr); // where the shell is installed
  }
  assert.equal((await keyhold(['completion', 'tcsh'])).exitCode, 2);
});
