import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { V1_FILE } from '../test-kit/vectors.ts';
import { describeOther, recognise } from './recognise.ts';

const V1 = Buffer.from(V1_FILE, 'hex');
const others: { name: string; is: string; start: string }[] = JSON.parse(
  readFileSync(new URL('../test-kit/other-formats.json', import.meta.url), 'utf8'),
);

test('real files of every other format are named', () => {
  assert.ok(others.length > 40);
  for (const { name, is, start } of others) assert.equal(recognise(Buffer.from(start, 'base64')), is, name);
});

test('an envelope is named, also as Base64 and after a transfer in text mode', () => {
  assert.equal(recognise(V1), 'envelope');
  assert.equal(recognise(Buffer.from(V1.toString('base64'))), 'envelope-base64');
  const textMode = Buffer.from(V1.toString('latin1').replaceAll('\r\n', '\n'), 'latin1');
  assert.equal(recognise(textMode), 'envelope-text-damaged');
  assert.match(describeOther(textMode), /text mode/);
});

test('other texts and bytes are unknown', () => {
  const words = [
    '',
    'hello\nworld\nagain\n',
    '{"a": 1}',
    '-----BEGIN PRIVATE KEY-----\nMIIE\n',
    '%PDF-1.7',
    'PK\u0003\u0004',
    'YWJj\nYWJj\nYWJj\n',
  ];
  for (const text of words) assert.equal(recognise(Buffer.from(text, 'latin1')), 'unknown', text);
  fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => void describeOther(bytes)));
});
