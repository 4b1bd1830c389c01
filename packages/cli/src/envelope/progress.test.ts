import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bytesText, Progress } from './progress.ts';

function watch(isTTY: boolean) {
  const written: string[] = [];
  const clock = { now: 0 };
  const screen = { isTTY, columns: 100, write: (text: string) => written.push(text) };
  return { written, clock, screen, now: () => clock.now };
}

test('a person sees share, rate and time left, and then a free line', () => {
  const { written, clock, screen, now } = watch(true);
  const progress = new Progress('bytes', screen, now);
  progress.update(1, 100);
  assert.deepEqual(written, [], 'short work shows nothing');
  clock.now = 2000;
  progress.update(50 * 2 ** 20, 200 * 2 ** 20);
  progress.update(51 * 2 ** 20, 200 * 2 ** 20);
  assert.deepEqual(written, [
    '\r[#####...............] 25 %  50.0 MiB of 200.0 MiB  25.0 MiB/s  6 s left\x1b[K',
  ]);
  progress.end();
  assert.equal(written[1], '\r\x1b[K');
});

test('files are counted; without a total there is no bar', () => {
  const { written, clock, screen, now } = watch(true);
  const progress = new Progress('files', screen, now);
  clock.now = 1000;
  progress.update(500, 10_000);
  assert.match(written[0] ?? '', /5 % {2}500 of 10000 {2}500 files\/s {2}19 s left/);
  clock.now = 2000;
  progress.update(600, undefined);
  assert.equal(written[1], '\r600  300 files/s\x1b[K');
});

test('large files move, too: parts of them count', () => {
  const { written, clock, screen, now } = watch(true);
  const progress = new Progress('files', screen, now);
  clock.now = 10_000;
  progress.update(1.5, 3);
  assert.match(written[0] ?? '', /50 % {2}1 of 3 {2}0\.15 files\/s {2}10 s left/);
});

test('pipes and logs get nothing', () => {
  const { written, clock, screen, now } = watch(false);
  const progress = new Progress('bytes', screen, now);
  clock.now = 10_000;
  progress.update(1, 2);
  progress.end();
  assert.deepEqual(written, []);
});

test('bytes for people', () => {
  const texts = [0, 1023, 1024, 1536 * 1024, 100 * 2 ** 30].map(bytesText);
  assert.deepEqual(texts, ['0 B', '1023 B', '1.0 KiB', '1.5 MiB', '100.0 GiB']);
});
