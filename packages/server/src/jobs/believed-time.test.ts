import assert from 'node:assert/strict';
import { test } from 'node:test';
import { emptyStores, testDirectory } from '../store/conformance/sqlite-files.ts';
import { readBelievedTime, rememberBelievedTime } from './believed-time.ts';

const openStore = emptyStores(testDirectory());
const MINUTE = 60_000;
const NOW = 1e12;

test('the believed time is remembered by the minute, forwards and backwards', async () => {
  const { settings } = (await openStore()).store;
  assert.equal(await readBelievedTime(settings, NOW), NOW);
  assert.equal(await readBelievedTime(settings, 5), NOW, 'the first is for once');
  let known = NOW;
  for (const [time, remembered] of [
    [MINUTE - 1, false],
    [MINUTE, true],
    [1 - MINUTE, false],
    [-MINUTE, true],
    [30 * MINUTE, true],
  ] as const) {
    await rememberBelievedTime(settings, known + time);
    if (remembered) known += time;
    assert.equal(await readBelievedTime(settings, 5), known, `${time}`);
  }
});
