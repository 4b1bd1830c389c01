import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { JsonTextError, parseJson, parseUniqueJson } from './json-text.ts';

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

test('the unique reading is the same reading where no member is given twice', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 6 }), (value) => {
      const text = JSON.stringify(value, undefined, 1);
      assert.deepEqual(parseUniqueJson(text), JSON.parse(text));
    }),
  );
});

const REFUSED: readonly (readonly [string, string, number, number])[] = [
  ['{"a":1,"a":2}', 'the member "a" is given twice', 1, 8],
  ['{"a":1,\n  "\\u0061":2}', 'the member "a" is given twice', 2, 3],
  ['{"__proto__":1,"__proto__":2}', 'the member "__proto__" is given twice', 1, 16],
  ['[{"a":1},\r\n{"b":[{"c":1,"c":1}]}]', 'the member "c" is given twice', 2, 14],
  ['{"a":1\n\n "b":2}', '} expected', 3, 2],
  ['{"a":tru}', 'not a JSON value', 1, 6],
  ['{"a" 1}', 'a colon expected', 1, 6],
  ['{1:1}', 'a member name expected', 1, 2],
  ['{"a":"b', 'a string without end', 1, 6],
  ['[1] 2', 'more after the JSON value', 1, 5],
  ['', 'not a JSON value', 1, 1],
];

for (const [text, message, line, column] of REFUSED) {
  test(`the unique reading refuses ${JSON.stringify(text)} and says where`, () => {
    assert.throws(
      () => parseUniqueJson(text),
      (error) => {
        assert.ok(error instanceof JsonTextError);
        assert.deepEqual([error.message, error.line, error.column], [message, line, column]);
        return true;
      },
    );
  });
}

test('the same name in two objects is not given twice', () => {
  assert.deepEqual(parseUniqueJson('[{"a":1},{"a":{"a":2}}]'), [{ a: 1 }, { a: { a: 2 } }]);
});
