import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { makeDirectories, type Naming, type PlanOptions, planFiles } from './plan.ts';

const root = mkdtempSync(join(tmpdir(), 'keyhold-plan-'));
after(() => rmSync(root, { recursive: true, force: true }));
for (const name of [
  'a/x',
  'a/deep/y.csv',
  'a/.kenv-0123456789abcdef01234567.partial',
  'b/x',
  'b/z.kenv',
  'old',
]) {
  mkdirSync(dirname(join(root, name)), { recursive: true });
  writeFileSync(join(root, name), name);
}
mkdirSync(join(root, 'none'));
symlinkSync('/etc/passwd', join(root, 'b/link'));

const naming: Naming = {
  rename: (name) => `${name}.kenv`,
  among: { fits: (name) => !name.endsWith('.kenv'), others: 'envelopes' },
};
const plan = (words: string[], options: PlanOptions = {}) => {
  const at = (word: string): string => (word === '-' ? word : join(root, word));
  const { output } = options;
  const planned = planFiles(words.map(at), naming, { ...options, output: output && at(output) });
  return { ...planned, pairs: planned.pairs.map(({ to }) => to.replace(`${root}/`, '')) };
};

test('outputs stand beside the inputs, or below the directory that is given', () => {
  assert.deepEqual(plan(['a']).pairs, ['a/deep/y.csv.kenv', 'a/x.kenv']);
  assert.deepEqual(plan(['a'], { output: 'out' }).pairs, ['out/deep/y.csv.kenv', 'out/x.kenv']);
  assert.deepEqual(plan(['a/**/*.csv'], { output: 'out' }).pairs, ['out/deep/y.csv.kenv']);
  assert.deepEqual(plan(['old'], { output: 'new' }).pairs, ['new']);
  assert.deepEqual(plan(['old'], { output: 'none' }).pairs, ['none/old.kenv']);
  assert.deepEqual(plan(['old'], { output: '-' }).pairs, ['-']);
  assert.deepEqual(plan(['-']).pairs, ['-']);
});

test('the output directory is not read, even where it is among the inputs', () => {
  assert.deepEqual(plan(['a'], { output: 'a/deep' }).pairs, ['a/deep/x.kenv']);
});

test('links and what is done already are left out, and that is said', () => {
  const { pairs, notes } = plan(['b']);
  assert.deepEqual(pairs, ['b/x.kenv']);
  assert.deepEqual(notes, ['1 envelopes left out', `${root}/b/link left out: it is no regular file`]);
});

test('what cannot end well is refused', () => {
  const refused: [words: string[], options: PlanOptions, said: RegExp][] = [
    [['a', 'b'], { output: 'out' }, /a\/x and .*b\/x would both become .*out\/x\.kenv/],
    [['a'], { output: '-' }, /one file only/],
    [['nothing'], {}, /there is no file/],
    [['*.nothing'], {}, /no file matches/],
    [['none'], {}, /there is no file to do this to/],
    [['-', 'a'], {}, /it goes alone/],
    [['old'], { output: 'old' }, /is the output itself/],
    [['old'], { output: 'b/x' }, /b\/x exists already: --force/],
  ];
  for (const [words, options, said] of refused) assert.throws(() => plan(words, options), said, words.join());
  assert.deepEqual(plan(['old'], { output: 'b/x', force: true }).pairs, ['b/x']);
  assert.deepEqual(plan(['old'], { output: 'b/x', skipExisting: true }).pairs, []);
});

test('directories that nothing came into are removed again, others stay', () => {
  const pair = (to: string) => ({ from: 'x', to: join(root, to) });
  const removeEmpty = makeDirectories([pair('new/one/f'), pair('new/two/deep/f'), pair('a/f')]);
  writeFileSync(join(root, 'new/one/f'), '');
  removeEmpty();
  assert.deepEqual(plan(['new'], {}).pairs, ['new/one/f.kenv']);
  assert.throws(() => plan(['new/two']), /there is no file/);
});
