import assert from 'node:assert/strict';
import { createCipheriv } from 'node:crypto';
import { test } from 'node:test';
import { SM4_GCM } from './suites.ts';

test('SM4-GCM is that of RFC 8998, appendix A.1', () => {
  const hex = (text: string) => Buffer.from(text, 'hex');
  const cipher = createCipheriv(
    SM4_GCM.cipher,
    hex('0123456789ABCDEFFEDCBA9876543210'),
    hex('00001234567800000000ABCD'),
    { authTagLength: 16 },
  );
  cipher.setAAD(hex('FEEDFACEDEADBEEFFEEDFACEDEADBEEFABADDAD2'));
  const letters = ['AA', 'BB', 'CC', 'DD', 'EE', 'FF', 'EE', 'AA'];
  const body = cipher.update(hex(letters.map((pair) => pair.repeat(8)).join('')));
  cipher.final();
  assert.equal(
    body.toString('hex').toUpperCase(),
    '17F399F08C67D5EE19D0DC9969C4BB7D5FD46FD3756489069157B282BB200735' +
      'D82710CA5C22F0CCFA7CBF93D496AC15A56834CBCF98C397B4024A2691233B8D',
  );
  assert.equal(cipher.getAuthTag().toString('hex').toUpperCase(), '83DE3541E4C2B58177E065A9BF7B62EC');
});
