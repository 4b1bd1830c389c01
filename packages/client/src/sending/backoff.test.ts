import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { backoffMs } from './backoff.ts';
import { Endpoints } from './endpoints.ts';
import { readRetryAfter } from './fetch.ts';

const chance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

test('the wait is anywhere between what the server asks for and a bound that doubles, up to 10 seconds', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 2000 }), fc.nat(60_000), chance, (failures, asked, random) => {
      const wait = backoffMs(failures, asked, () => random);
      assert.ok(wait >= asked && wait <= asked + Math.min(10_000, 100 * 2 ** failures));
    }),
  );
  assert.equal(
    backoffMs(3, 0, () => 0),
    0,
    'full jitter',
  );
  assert.equal(
    backoffMs(2, 0, () => 0.5),
    200,
  );
});

test('Retry-After in each of its forms; nonsense is none', () => {
  const now = Date.parse('2026-01-01T00:00:00Z');
  const read = (headers: Record<string, string>) => readRetryAfter(new Headers(headers), now);
  assert.equal(read({}), undefined);
  assert.equal(read({ 'x-acs-retry-after': '250' }), 250);
  assert.equal(read({ 'retry-after': '3' }), 3000);
  assert.equal(read({ 'retry-after': 'Thu, 01 Jan 2026 00:00:05 GMT' }), 5000);
  assert.equal(read({ 'retry-after': 'Thu, 01 Jan 2015 00:00:05 GMT' }), 0);
  for (const text of ['', 'soon', '1e99', '99999999999999999999']) {
    assert.equal(read({ 'x-acs-retry-after': text, 'retry-after': `${text}x` }), undefined, text);
  }
});

test('endpoints: in order, those that failed last, each once in a round', () => {
  let now = 0;
  const urls = ['http://a', 'http://b', 'http://c'].map((url) => new URL(url));
  const endpoints = new Endpoints(urls, () => now);
  const order = () => {
    const tried = new Set<NonNullable<ReturnType<Endpoints['next']>>>();
    for (let next = endpoints.next(tried); next; next = endpoints.next(tried)) tried.add(next);
    return [...tried];
  };
  const name = () =>
    order()
      .map(({ url }) => url.hostname)
      .join('');
  assert.equal(name(), 'abc');
  const [a, b] = order();
  assert.ok(a && b);
  endpoints.failed(a);
  assert.equal(name(), 'bca');
  now = 10_000;
  endpoints.failed(b);
  assert.equal(name(), 'cab');
  endpoints.answered(b);
  assert.equal(name(), 'bca');
  now = 30_000;
  assert.equal(name(), 'abc');
});
