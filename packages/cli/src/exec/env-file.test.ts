import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseEnvFile } from './env-file.ts';

test('lines of names and values', () => {
  const content = [
    '# comment',
    '',
    'PLAIN=a b=c #d',
    "  QUOTED = ' x '\r",
    'export DOUBLE="$HOME"',
    'EMPTY=',
    'BLOB=kms:AQID+/==',
    'FAR=kms:cn-shanghai:AQID',
    'FILE=file:secret.kenv',
  ].join('\n');
  assert.deepEqual(parseEnvFile(content, 'f'), [
    { name: 'PLAIN', kind: 'text', text: 'a b=c #d' },
    { name: 'QUOTED', kind: 'text', text: ' x ' },
    { name: 'DOUBLE', kind: 'text', text: '$HOME' },
    { name: 'EMPTY', kind: 'text', text: '' },
    { name: 'BLOB', kind: 'blob', blob: 'AQID+/==', region: undefined },
    { name: 'FAR', kind: 'blob', blob: 'AQID', region: 'cn-shanghai' },
    { name: 'FILE', kind: 'file', path: 'secret.kenv' },
  ]);
});

test('what is wrong is told by its line, never quoted', () => {
  const refused = {
    'OK=1\nhunter2': /^f, line 2: NAME=value is expected$/,
    '1A=hunter2': /^f, line 1: NAME=value/,
    'A=kms:hunter two': /^f, line 1: what follows kms: is no CiphertextBlob$/,
    'A=kms:hunter:AQID': /no CiphertextBlob$/,
    'A=hunter\nA=2': /^f: A is given twice$/,
  };
  for (const [content, message] of Object.entries(refused)) {
    assert.throws(() => parseEnvFile(content, 'f'), { name: 'UsageError', message });
  }
});
