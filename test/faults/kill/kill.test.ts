import assert from 'node:assert/strict';
import { test } from 'node:test';
import { killRounds } from './rounds.ts';

test('kill -9 under load: nothing acknowledged is lost', async () => {
  const report = await killRounds(6, { workers: 4, longest: 700 });
  assert.ok(report.calls > 0 && report.cutOff > 0, JSON.stringify(report));
});
