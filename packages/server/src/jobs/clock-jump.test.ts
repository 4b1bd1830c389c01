import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ClockJump, type ClockMemory } from './clock-jump.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** `off`: how long ago, by the wall clock, it was last believed. */
function setUp(off?: number) {
  const time = { wall: 1e12, steady: 0 };
  const believed = time.wall - (off ?? 0);
  const jump = new ClockJump(
    () => time.wall,
    () => time.steady,
    off === undefined ? undefined : { believed, doubtMs: 0, seen: believed },
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
  for (const off of [10 * MINUTE + 1000, 365 * DAY]) {
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

test('a clock that gains a little again and again is doubted', () => {
  const pass = setUp();
  assert.equal(pass(1000), false);
  assert.equal(pass(1000, 1000 + MINUTE), false);
  assert.equal(pass(1000, 1000 + MINUTE), true);
  const slow = setUp();
  let doubts = 0;
  for (let seconds = 0; seconds < 7200; seconds++) doubts += Number(slow(1000, 1100));
  assert.ok(doubts > 3600);
});

/** A server that runs now and then, each time with a steady clock of its own. */
function restarting() {
  const time = { wall: 1e12, steady: 0 };
  let memory: ClockMemory | undefined;
  return {
    /** Off for a while, it serves by the second; whether it doubted then, and for how long in all. */
    serve(off: number, milliseconds: number, lastly = 0) {
      time.wall += off;
      time.steady = 0;
      const jump = new ClockJump(
        () => time.wall,
        () => time.steady,
        memory,
      );
      let doubtedMs = jump.isDoubted() ? 1000 : 0;
      for (let passed = 1000; passed <= milliseconds; passed += 1000) {
        time.wall += 1000;
        time.steady += 1000;
        if (jump.isDoubted()) doubtedMs += 1000;
      }
      time.wall += lastly;
      const isDoubted = jump.isDoubted();
      memory = jump.memory();
      return { isDoubted, doubtedMs };
    },
  };
}

test('starts one after the other gain the time of one, until an hour was served', () => {
  const server = restarting();
  server.serve(0, 1000);
  assert.equal(server.serve(10 * MINUTE, 10_000).isDoubted, false);
  assert.equal(server.serve(10 * MINUTE, 10_000).isDoubted, true);
  const patient = restarting();
  for (let starts = 0; starts < 10; starts++)
    assert.equal(patient.serve(9 * MINUTE, HOUR + MINUTE).doubtedMs, 0);
});

test('an hour of service ends the doubt, also in parts', () => {
  const server = restarting();
  server.serve(0, 1000);
  assert.equal(server.serve(20 * MINUTE, 59 * MINUTE).isDoubted, true);
  const { doubtedMs, isDoubted } = server.serve(MINUTE, 59 * MINUTE);
  assert.deepEqual([isDoubted, doubtedMs > 0 && doubtedMs <= 2 * MINUTE], [false, true]);
  let doubted = 0;
  for (let starts = 0; starts < 24 * 30; starts++) doubted += server.serve(30_000, 59 * MINUTE).doubtedMs;
  assert.ok(doubted < 24 * 30 * 6 * MINUTE, 'what is missed is caught up with, an hour now and then');
});

test('a jump while the server is off or in doubt is doubted for the whole hour', () => {
  const off = restarting();
  off.serve(0, 1000);
  off.serve(DAY, 59 * MINUTE);
  assert.equal(off.serve(365 * DAY, 59 * MINUTE).isDoubted, true);
  const late = restarting();
  late.serve(0, 1000);
  late.serve(DAY, 59 * MINUTE, 365 * DAY);
  assert.equal(late.serve(0, 59 * MINUTE).isDoubted, true);
  assert.equal(late.serve(-366 * DAY, 1000).isDoubted, false, 'it was put right');
});
