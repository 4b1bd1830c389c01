import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ClockJump } from './clock-jump.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** `off`: how long ago, by the wall clock, it was last believed. */
function setUp(off?: number) {
  const time = { wall: 1e12, steady: 5 };
  const jump = new ClockJump(
    () => time.wall,
    () => time.steady,
    off === undefined ? undefined : time.wall - off,
  );
  const pass = (steady: number, wall = steady): boolean => {
    time.steady += steady;
    time.wall += wall;
    return jump.isDoubted();
  };
  return pass;
}

test('a clock that goes as time goes is believed, also when it is corrected a little', () => {
  const pass = setUp();
  for (let i = 0; i < 100; i++) assert.equal(pass(1000), false);
  assert.equal(pass(1000, 1000 + MINUTE), false);
  assert.equal(pass(30 * DAY), false);
  assert.equal(pass(1000, -HOUR), false);
});

test('a jump forward is doubted for an hour', () => {
  const pass = setUp();
  assert.equal(pass(1000, 365 * DAY), true);
  assert.equal(pass(HOUR - 1000), true);
  assert.equal(pass(1000), false);
});

test('doubt ends when the clock is put right, and begins anew with another jump', () => {
  const pass = setUp();
  assert.equal(pass(1000, 1000 + DAY), true);
  assert.equal(pass(1000, 1000 + DAY), true);
  assert.equal(pass(1000, 1000 - DAY), true, 'half the way back');
  assert.equal(pass(1000, 1000 - DAY), false);
  assert.equal(pass(1000, 1000 + DAY), true);
});

test('a start is believed within ten minutes of the time that was last believed, or before it', () => {
  for (const off of [0, 10 * MINUTE, -MINUTE, -365 * DAY]) {
    const pass = setUp(off);
    assert.equal(pass(0), false, `${off}`);
    assert.equal(pass(1000), false);
  }
});

test('a start later than that is doubted for an hour, or until the clock is put right', () => {
  for (const off of [10 * MINUTE + 1, 365 * DAY]) {
    const pass = setUp(off);
    assert.equal(pass(0), true, `${off}`);
    assert.equal(pass(HOUR - 1), true);
    assert.equal(pass(1), false);
  }
  const pass = setUp(365 * DAY);
  assert.equal(pass(1000, 1000 - 364 * DAY), true);
  assert.equal(pass(1000, 1000 - DAY), false);
});

test('a clock that was behind at the start is doubted when it is put right', () => {
  const pass = setUp(-30 * DAY);
  assert.equal(pass(1000), false);
  assert.equal(pass(1000, 1000 + 30 * DAY), true);
});
