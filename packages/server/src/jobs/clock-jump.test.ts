import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ClockJump } from './clock-jump.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

function setUp() {
  const time = { wall: 1e12, steady: 5 };
  const jump = new ClockJump(
    () => time.wall,
    () => time.steady,
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
  assert.equal(pass(30 * 24 * HOUR), false);
  assert.equal(pass(1000, -HOUR), false);
});

test('a jump forward is doubted for an hour', () => {
  const pass = setUp();
  assert.equal(pass(1000, 365 * 24 * HOUR), true);
  assert.equal(pass(HOUR - 1000), true);
  assert.equal(pass(1000), false);
});

test('doubt ends when the clock is put right, and begins anew with another jump', () => {
  const pass = setUp();
  assert.equal(pass(1000, 1000 + 24 * HOUR), true);
  assert.equal(pass(1000, 1000 + 24 * HOUR), true);
  assert.equal(pass(1000, 1000 - 24 * HOUR), true, 'half the way back');
  assert.equal(pass(1000, 1000 - 24 * HOUR), false);
  assert.equal(pass(1000, 1000 + 24 * HOUR), true);
});
