import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseIpBlock } from '../access/policy/ip-block.ts';
import { clientAddress } from './client-address.ts';

const proxies = ['10.0.0.0/8', '2001:db8::/32'].map((text) => parseIpBlock(text) ?? assert.fail(text));
const from = (remoteAddress: string, forwarded?: string | string[], proto?: string, trusted = proxies) => {
  const headers = { 'x-forwarded-for': forwarded, 'x-forwarded-proto': proto };
  const { address, tls } = clientAddress({ remoteAddress, tls: false, headers }, trusted);
  return `${address}${tls ? ' tls' : ''}`;
};

test('a header counts from a trusted proxy only', () => {
  assert.equal(from('203.0.113.9', '198.51.100.1', 'https'), '203.0.113.9');
  assert.equal(from('10.1.2.3', '198.51.100.1', 'https', []), '10.1.2.3');
  assert.equal(from('10.1.2.3', '198.51.100.1', 'https'), '198.51.100.1 tls');
  assert.equal(from('::ffff:10.1.2.3', '198.51.100.1'), '198.51.100.1');
  assert.equal(from('::ffff:203.0.113.9'), '203.0.113.9');
  assert.equal(from('fe80::1%eth0'), 'fe80::1');
  assert.equal(from('2001:db8::1', '2001:db9::7', 'http'), '2001:db9::7');
});

test('what the client wrote before the first untrusted address is not believed', () => {
  assert.equal(from('10.0.0.1', '1.2.3.4, 198.51.100.1, 10.0.0.2'), '198.51.100.1');
  assert.equal(from('10.0.0.1', ['1.2.3.4', '198.51.100.1']), '198.51.100.1');
  assert.equal(from('10.0.0.1', '10.0.0.3, 10.0.0.2'), '10.0.0.3');
  for (const odd of ['', 'unknown', '198.51.100.1:4000', '_hidden', '198.51.100.1, nonsense']) {
    assert.equal(from('10.0.0.1', odd), '10.0.0.1', odd);
  }
  assert.equal(from('10.0.0.1'), '10.0.0.1');
});
