import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseJson } from './json-text.ts';

test('reads what JSON.stringify wrote', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 6 }), (value) => {
      const text = JSON.stringify(value);
      assert.deepEqual(parseJson(text), JSON.parse(text));
      assert.deepEqual(parseJson(`[${text},"\\u0041"]`), [JSON.parse(text), 'A']);
    }),
  );
});

test('accepts and refuses what JSON.parse does', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...'{}[]:,"\\u0041 1-.eE+truefalsn\n') }), (text) => {
      const outcome = (parse: (text: string) => unknown) => {
        try {
          return [parse(text)];
        } catch {
          return 'refused';
        }
      };
      assert.deepEqual(outcome(parseJson), outcome(JSON.parse));
    }),
    { numRuns: 2000 },
  );
});

test('a name met before does not change how an escaped one is read', () => {
  JSON.parse('{"a":{},"\\\\nabc":1}');
  assert.deepEqual(Object.keys(parseJson('{"a":{},"\\nabcd":1}') as object), ['a', '\nabcd']);
});

test('names of the object prototype are members like others', () => {
  const value = parseJson('{"__proto__":"\\u0041"}');
  assert.deepEqual(Object.entries(value as object), [['__proto__', 'A']]);
});

test('depth is bounded', () => {
  const nested = (depth: number) => `${'['.repeat(depth)}"\\n"${']'.repeat(depth)}`;
  assert.doesNotThrow(() => parseJson(nested(64)));
  assert.throws(() => parseJson(nested(65)), SyntaxError);
});
