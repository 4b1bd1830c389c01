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
  'c/old.kenv',
  'x',
  'done/a.kenv',
  'done/b.kenv',
  'taken/a.kenv.kenv',
  'taken/b.kenv.kenv',
  'long/short',
  `long/${'l'.repeat(255)}`,
]) {
  mkdirSync(dirname(join(root, name)), { recursive: true });
  writeFileSync(join(root, name), name);
}
mkdirSync(join(root, 'none'));
mkdirSync(join(root, 'x.kenv'));
mkdirSync(join(root, 'links'));
symlinkSync('/etc/passwd', join(root, 'links/link'));
symlinkSync('/etc/passwd', join(root, 'b/link'));

const naming: Naming = {
  rename: (name) => `${name}.kenv`,
  among: { fits: (name) => !name.endsWith('.kenv'), others: 'named *.kenv', advice: 'they look it' },
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
  assert.deepEqual(notes, ['1 file named *.kenv left out', `${root}/b/link left out: it is no regular file`]);
});

test('what cannot end well is refused', () => {
  const refused: [words: string[], options: PlanOptions, said: RegExp][] = [
    [['a', 'b'], { output: 'out' }, /a\/x and .*b\/x would both become .*out\/x\.kenv/],
    [['a'], { output: '-' }, /one file only/],
    [['nothing'], {}, /there is no file/],
    [['*.nothing'], {}, /no file matches/],
    [['none'], {}, /there is no file in .*none$/],
    [['links'], {}, /there is no file in .*links; .*link left out: it is no regular file/],
    [['done'], {}, /no file to do this to in .*done, but 2 files named \*\.kenv: they look it/],
    [['nope/*.csv'], {}, /there is no folder .*nope/],
    [['[z-a]'], {}, /\[z-a\] is no pattern/],
    [['a*'], {}, /no file matches .*a\*: .*\/a left out: it is a directory; a pattern ends with \/\*\*/],
    [['old'], { output: '' }, /-o: a name is expected/],
    [['a'], { output: 'old' }, /-o: .*old is no directory/],
    [['old'], { output: 'old/' }, /-o: .*old\/ is no directory/],
    [['x'], {}, /x\.kenv is a directory: choose another name/],
    [['-', 'a'], {}, /it goes alone/],
    [['old'], { output: 'old' }, /is the output itself/],
    [['old'], { output: 'b/x' }, /b\/x exists already: --force/],
    [['done/a.kenv', 'done/b.kenv'], { output: 'taken' }, /taken\/a\.kenv\.kenv and 1 more exist already/],
  ];
  for (const [words, options, said] of refused) assert.throws(() => plan(words, options), said, words.join());
  assert.deepEqual(plan(['old'], { output: 'b/x', force: true }).pairs, ['b/x']);
});

test('what stands in the way of itself only: a device, a name that is too long', () => {
  const device = [`${root}/old`];
  for (const force of [true, false])
    assert.throws(() => planFiles(device, naming, { output: '/dev/null', force }), /use -o - > \/dev\/null/);
  assert.equal(plan(['long'], {}).pairs.length, 2);
});

test('outputs that exist are left out, and that is said', () => {
  const { pairs, notes } = plan(['old', 'b/z.kenv'], { output: 'c', skipExisting: true });
  assert.deepEqual(pairs, ['c/z.kenv.kenv']);
  assert.deepEqual(notes, ['1 file left out: the output exists']);
});

test('a directory that a pattern matches is left out, and that is said', () => {
  const { pairs, notes } = plan(['*'], { output: 'out' });
  assert.deepEqual(pairs, ['out/old.kenv', 'out/x.kenv'].sort());
  assert.ok(
    notes.includes(`${root}/a left out: it is a directory; a pattern ends with /** to find what is in it`),
  );
  assert.deepEqual(plan(['a/**'], { output: 'out' }).notes, []);
});

test('directories that nothing came into are removed again, others stay', () => {
  const pair = (to: string) => ({ from: 'x', to: join(root, to) });
  const removeEmpty = makeDirectories([pair('new/one/f'), pair('new/two/deep/f'), pair('a/f')]);
  writeFileSync(join(root, 'new/one/f'), '');
  removeEmpty();
  assert.deepEqual(plan(['new'], {}).pairs, ['new/one/f.kenv']);
  assert.throws(() => plan(['new/two']), /there is no file/);
});
