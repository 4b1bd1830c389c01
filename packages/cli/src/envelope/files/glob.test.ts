import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isGlob, splitGlob } from './glob.ts';

const matches = (pattern: string, path: string): boolean => {
  const { base, matches } = splitGlob(pattern);
  return matches.test(base === '.' ? path : path.slice(base === '/' ? 1 : base.length + 1));
};

test('patterns find what they find in a shell', () => {
  const cases: [pattern: string, found: string[], not: string[]][] = [
    ['*.csv', ['a.csv'], ['.csv', 'a.csvx', 'd/a.csv', 'acsv']],
    ['data/*.csv', ['data/a.csv'], ['data/d/a.csv']],
    ['data/**/*.csv', ['data/a.csv', 'data/d/e/a.csv'], ['data/a.txt', 'data/d/.a.csv']],
    ['data/**', ['data/a', 'data/d/e'], []],
    ['/var/a?[bc]', ['/var/axb'], ['/var/ab', '/var/axd']],
    ['[!a]x', ['bx'], ['ax', '/x']],
    ['a[b-d](1)+', ['ac(1)+'], ['ae(1)+', 'ac1']],
  ];
  for (const [pattern, found, not] of cases) {
    for (const path of found) assert.ok(matches(pattern, path), `${pattern} finds ${path}`);
    for (const path of not) assert.ok(!matches(pattern, path), `${pattern} does not find ${path}`);
  }
});

test('a path without a pattern is none', () => {
  assert.ok(!isGlob('plain/file.txt'));
  assert.ok(isGlob('a?b'));
});
