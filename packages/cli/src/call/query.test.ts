import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as z from 'zod';
import { checkQuery, partOf } from './query.ts';

const Answer = z.object({
  KeyMetadata: z.object({ KeyId: z.string(), Tags: z.array(z.object({ Key: z.string() })).optional() }),
});
const answer = { KeyMetadata: { KeyId: 'k', Tags: [{ Key: 'a' }, { Key: 'b' }] }, RequestId: 'r' };

test('a path leads to a part of the answer', () => {
  for (const [path, part] of [
    ['RequestId', 'r'],
    ['KeyMetadata.KeyId', 'k'],
    ['KeyMetadata.Tags.1.Key', 'b'],
    ['KeyMetadata.Tags', [{ Key: 'a' }, { Key: 'b' }]],
  ] as const) {
    checkQuery(path, Answer);
    assert.deepEqual(partOf(answer, path), part);
  }
});

test('what no answer can have is refused before the call', () => {
  for (const [path, message] of [
    ['KeyMetadata.KeyID', '--query: the answer has no KeyID there, but KeyId, Tags'],
    ['constructor', '--query: the answer has no constructor there, but KeyMetadata, RequestId'],
    ['KeyMetadata.Tags.Key', '--query: a number is expected in place of Key'],
  ] as const) {
    assert.throws(() => checkQuery(path, Answer), { name: 'UsageError', message });
  }
});

test('what this answer does not have is refused, and nothing of its content is quoted', () => {
  for (const [path, message] of [
    ['KeyMetadata.Tags.2', '--query: the answer has no 2 there, but 0, 1'],
    ['KeyMetadata.KeyId.length', '--query: the answer has no length there'],
    ['KeyMetadata.Tags.0.toString', '--query: the answer has no toString there, but Key'],
  ] as const) {
    assert.throws(() => partOf(answer, path), { name: 'UsageError', message });
  }
});
