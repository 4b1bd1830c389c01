import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EnvelopeError } from '@keyhold/client/envelope/envelope-error.ts';
import { unreachable } from '@keyhold/client/sending/network.ts';
import { describeError } from './report-error.ts';

test('a certificate that is not trusted: the flag that this command line has for it', () => {
  const cause = Object.assign(new Error('self-signed'), { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' });
  const { exitCode, text, code } = describeError(unreachable('https://kms.example', cause));
  assert.match(text, /not trusted here.*\n {2}try: keyhold configure set --ca-file FILE$/);
  assert.deepEqual([exitCode, code], [3, 'DEPTH_ZERO_SELF_SIGNED_CERT']);
});

test('an answer that cannot be used is none', () => {
  const error = new EnvelopeError('UnusableAnswer', 'KMS answered with nonsense');
  assert.deepEqual(describeError(error), {
    exitCode: 3,
    text: 'KMS answered with nonsense',
    code: 'UnusableAnswer',
    requestId: undefined,
  });
});

test('a failure and that of the clean-up after it: both are told, the first decides', () => {
  const later = new Error('EBADF: bad file descriptor, close');
  const { exitCode, text, code } = describeError(
    new SuppressedError(later, new EnvelopeError('FileChanged', 'it was changed')),
  );
  assert.equal(text, 'it was changed\n  and then: EBADF: bad file descriptor, close');
  assert.deepEqual([exitCode, code], [4, 'FileChanged']);
});
