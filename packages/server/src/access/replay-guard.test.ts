import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ReplayGuard, type Seen } from './replay-guard.ts';

const MINUTE = 60_000;
const START = 1_800_000_000_000;
/** More than any of these tests makes. */
const ROOMY = 1_000_000;

/** What the guard promises, naively: remembered through the minute in which timestamp + 15 minutes lies. */
class NaiveGuard {
  readonly #expires = new Map<string, number>();
  readonly #capacity: number;
  #minute = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  remember(accessKeyId: string, token: string, timestamp: number, now: number): Seen {
    this.#minute = Math.max(this.#minute, Math.floor(now / MINUTE));
    for (const [name, minute] of this.#expires) if (minute < this.#minute) this.#expires.delete(name);
    const expires = Math.floor(timestamp / MINUTE) + 15;
    if (expires < this.#minute) return 'expired';
    const name = JSON.stringify([accessKeyId, token]);
    if (this.#expires.has(name)) return 'used';
    if (this.#expires.size >= this.#capacity) return 'full';
    this.#expires.set(name, expires);
    return 'fresh';
  }

  get size(): number {
    return this.#expires.size;
  }
}

test('answers as a map of every nonce would, over hours, expiry and growth', () => {
  const call = fc.record({
    accessKeyId: fc.constantFrom('LTAI1', 'LTAI2', ''),
    token: fc.oneof(
      fc.constantFrom('', 'LTAI', '1', '2'),
      fc.nat(40).map(String),
      fc.string({ unit: 'binary' }),
    ),
    skew: fc.integer({ min: -15 * MINUTE, max: 15 * MINUTE }),
    /** Mostly the same minute, sometimes a pause, at times a clock set back. */
    later: fc.oneof(
      { weight: 20, arbitrary: fc.nat(20_000) },
      { weight: 2, arbitrary: fc.nat(40 * MINUTE) },
      { weight: 1, arbitrary: fc.integer({ min: -5 * MINUTE, max: 400 * MINUTE }) },
    ),
    /** Calls that come at once with tokens of their own, so that tables grow. */
    burst: fc.oneof({ weight: 9, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(200) }),
  });
  fc.assert(
    fc.property(
      fc.array(call, { maxLength: 60, size: 'max' }),
      fc.integer({ min: 1, max: 600 }),
      (calls, capacity) => {
        const guard = new ReplayGuard(capacity);
        const model = new NaiveGuard(capacity);
        let now = START;
        for (const { accessKeyId, token, skew, later, burst } of calls) {
          now += later;
          for (let i = 0; i <= burst; i++) {
            const call = [accessKeyId, i ? `${token} ${i}` : token, now + skew, now] as const;
            assert.equal(guard.remember(...call), model.remember(...call));
            assert.equal(guard.size, model.size);
          }
        }
      },
    ),
    { numRuns: 100 },
  );
});

test('answers as the map would when every table grows and shrinks', () => {
  const guard = new ReplayGuard(ROOMY);
  const model = new Map<string, number>();
  let now = START;
  for (let i = 0; i < 300_000; i++) {
    now += i % 2000 === 0 ? MINUTE : 0;
    const token = String((i * 7919) % 100_003);
    const expires = Math.floor(now / MINUTE) + 15 + (i % 10);
    const known = (model.get(token) ?? 0) >= Math.floor(now / MINUTE);
    if (!known) model.set(token, expires);
    assert.equal(guard.remember('LTAI', token, now + (i % 10) * MINUTE, now), known ? 'used' : 'fresh');
  }
});

test('a nonce is used until its timestamp and 15 minutes have passed, up to half an hour', () => {
  for (const skew of [-15 * MINUTE, -1, 0, 1, 15 * MINUTE]) {
    const guard = new ReplayGuard(ROOMY);
    const timestamp = START + skew;
    assert.equal(guard.remember('LTAI', 'nonce', timestamp, START), 'fresh');
    for (let now = START; now <= timestamp + 15 * MINUTE; now += 10_000) {
      assert.equal(guard.remember('LTAI', 'nonce', timestamp, now), 'used');
    }
    assert.equal(guard.remember('LTAI', 'nonce', timestamp, timestamp + 15 * MINUTE), 'used');
    const over = timestamp + 16 * MINUTE;
    assert.equal(guard.remember('LTAI', 'nonce', over, over), 'fresh');
  }
});

test('tables that nobody touched do not wake up again', () => {
  for (const pause of [17, 63, 64, 100, 127, 128, 129, 143, 144, 1000, 128 * 1000]) {
    const guard = new ReplayGuard(ROOMY);
    for (let i = 0; i < 2000; i++) guard.remember('LTAI', `${i}`, START, START);
    const later = START + pause * MINUTE;
    for (let i = 0; i < 2000; i++) assert.equal(guard.remember('LTAI', `${i}`, later, later), 'fresh');
    assert.equal(guard.size, 2000);
  }
});

test('memory is bounded at full load, and given back', () => {
  const capacity = 50_000;
  const guard = new ReplayGuard(capacity);
  let now = START;
  let most = 0;
  let full = 0;
  // Three hours at a rate that fills the guard in ten minutes.
  for (let i = 0; i < 3 * 6 * capacity; i++) {
    now = START + Math.floor((i * 10 * MINUTE) / capacity);
    if (guard.remember('LTAI', `${i}`, now, now) === 'full') full++;
    if (i % 1000 === 0) most = Math.max(most, guard.bytes);
    assert.ok(guard.size <= capacity);
  }
  assert.ok(full > capacity);
  // 26 bytes for each of the bound, and the smallest tables.
  assert.ok(most < capacity * 26 + 1024 * 128, `${most}`);

  const busy = guard.bytes;
  const quiet = now + 20 * MINUTE;
  for (let i = 0; i < 20_000; i++) guard.remember('LTAI', `${i} later`, quiet + 40 * i, quiet + 40 * i);
  for (let i = 0; i < 20_000; i++) guard.remember('LTAI', `${i}`, quiet + 90 * MINUTE, quiet + 90 * MINUTE);
  assert.ok(guard.bytes < busy / 2, `${guard.bytes} of ${busy}`);
});

test('fingerprints of different guards differ, and tokens spread over all tables', () => {
  // 100 000 tokens that differ in few bits: a weak hash would take some for used or crowd one table.
  const guard = new ReplayGuard(ROOMY);
  for (let i = 0; i < 100_000; i++) {
    assert.equal(guard.remember('LTAI', `00000000-0000-0000-0000-${i}`, START, START), 'fresh');
  }
  assert.ok(guard.bytes <= 1024 * 8 * 256, `${guard.bytes}`);
});
