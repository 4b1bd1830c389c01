import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import { settingsPage } from './settings-page.ts';

const page = new URL('../docs/settings.md', import.meta.url);

/** `UPDATE_DOCS=1 npm test` writes the page anew. */
test('docs/settings.md says what the table of settings says', async () => {
  if (process.env.UPDATE_DOCS === '1') await writeFile(page, settingsPage());
  assert.equal(await readFile(page, 'utf8'), settingsPage());
});
