import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { FIRST_PAGE, HOME } from './conformance/samples.ts';
import { testDirectory } from './conformance/sqlite-files.ts';
import { openSqliteStore } from './open-store.ts';

const program = join(import.meta.dirname, 'conformance', 'write-until-killed.ts');
const ROUNDS = 10;

test('a killed server loses nothing it confirmed, and leaves nothing half done', async () => {
  const file = join(testDirectory(), 'crash.db');
  const confirmed = new Set<string>();
  for (let round = 0; round < ROUNDS; round++) {
    const child = spawn(process.execPath, [program, file], { stdio: ['ignore', 'pipe', 'inherit'] });
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
    await once(child.stdout, 'data');
    await setTimeout(randomInt(60));
    child.kill('SIGKILL');
    await once(child, 'close');
    for (const line of output.split('\n').slice(0, -1)) confirmed.add(line);
  }

  assert.ok(confirmed.size > ROUNDS);
  const store = await openSqliteStore(file);
  for (const line of confirmed) {
    const [what, keyId = ''] = line.split(' ');
    if (what === 'key') assert.notEqual(await store.keys.find(keyId), undefined, line);
    if (what === 'alias') assert.notEqual(await store.aliases.find(HOME, `alias/${keyId}`), undefined, line);
    if (what === 'disabled') assert.equal((await store.keys.find(keyId))?.state, 'Disabled', line);
  }
  const { total, rows } = await store.keys.list(HOME, [], { offset: 0, limit: 1e6 });
  assert.equal(rows.length, total);
  for (const { keyId } of rows) {
    assert.equal((await store.keys.listVersions(keyId, FIRST_PAGE)).total, 1);
    assert.equal((await store.tags.list(keyId)).length, 1);
  }
  const aliases = await store.aliases.list(HOME, { offset: 0, limit: 1e6 });
  assert.equal(aliases.rows.length, aliases.total);
  await store.close();
});
