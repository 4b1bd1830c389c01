import assert from 'node:assert/strict';
import { test } from 'node:test';
import { emptyStores, testDirectory } from '../store/conformance/sqlite-files.ts';
import { forgetBelievedTime, readBelievedTime, rememberBelievedTime } from './believed-time.ts';

const openStore = emptyStores(testDirectory());
const MINUTE = 60_000;
const NOW = 1e12;
const LONG_AGO = { believed: 0, doubtMs: 0, seen: 0 };

test('the believed time is remembered by the minute, forwards and backwards, and so is doubt', async () => {
  const { settings } = (await openStore()).store;
  let known = { believed: NOW, doubtMs: 0, seen: NOW };
  assert.deepEqual(await readBelievedTime(settings, NOW), known);
  assert.deepEqual(await readBelievedTime(settings, 5), known, 'the first is for once');
  for (const [change, remembered] of [
    [MINUTE - 1, false],
    [MINUTE, true],
    [1 - MINUTE, false],
    [-MINUTE, true],
    [30 * MINUTE, true],
  ] as const) {
    for (const name of ['believed', 'doubtMs', 'seen'] as const) {
      const memory = { ...known, [name]: known[name] + change };
      await rememberBelievedTime(settings, memory);
      if (remembered) known = memory;
      assert.deepEqual(await readBelievedTime(settings, 5), known, `${name} ${change}`);
    }
  }
});

test('what was forgotten or cannot be read is long ago, and is written anew', async () => {
  const { settings } = (await openStore()).store;
  await readBelievedTime(settings, NOW);
  const spoil = ['garbage', '', 'NaN', `${NOW} x`, '1e999'].map(
    (text) => () => settings.put('believed-time', Buffer.from(text)),
  );
  for (const spoiled of [...spoil, () => forgetBelievedTime(settings)]) {
    await spoiled();
    assert.deepEqual(await readBelievedTime(settings, NOW), LONG_AGO);
    const memory = { believed: 5, doubtMs: 60 * MINUTE, seen: NOW };
    await rememberBelievedTime(settings, memory);
    assert.deepEqual(await readBelievedTime(settings, NOW), memory);
  }
});
