import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';

/** All of the package but its tests and what says in its path that it is for Node. */
const modules = readdirSync(new URL('.', import.meta.url), { recursive: true, encoding: 'utf8' }).filter(
  (path) => path.endsWith('.ts') && !/\.test\.ts$|^test-kit\/|^node\/|^envelope\//.test(path),
);
const sourceOf = (path: string) =>
  readFileSync(new URL(path, import.meta.url), 'utf8').replaceAll(
    /\/\*[\s\S]*?\*\/|\/\/.*|'(?!node:)[^']*'/g,
    '',
  );

const NOT_IN_BROWSERS =
  /'node:|\b(process|Buffer|require|setImmediate|global|__dirname|__filename)\b|from '(\.\.?\/)*node\//;

test('what runs in browsers needs nothing of Node', () => {
  assert.ok(modules.length >= 20, String(modules.length));
  for (const path of modules) assert.doesNotMatch(sourceOf(path), NOT_IN_BROWSERS, path);
  assert.match(sourceOf('node/private-ca.ts'), NOT_IN_BROWSERS, 'this test can fail');
});

test('and imports nothing that does', () => {
  const imports = (path: string) =>
    [...readFileSync(new URL(path, import.meta.url), 'utf8').matchAll(/from '([^']+)'/g)].map(
      ([, to]) => to ?? '',
    );
  const allowed = /^(@keyhold\/api\/|zod$|\.\.?\/(?!node\/|test-kit\/))/;
  for (const path of modules) for (const to of imports(path)) assert.match(to, allowed, `${path}: ${to}`);
});
