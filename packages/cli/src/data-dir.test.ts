import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readDataDir } from '@keyhold/server/config.ts';
import { dataPaths } from '@keyhold/server/files/data-paths.ts';
import { dataDir, rootAccessKeyFile } from './data-dir.ts';

test('the data directory is where the server says it is', () => {
  for (const value of [undefined, '', './elsewhere', '/var/lib/keyhold']) {
    if (value === undefined) delete process.env.KEYHOLD_DATA_DIR;
    else process.env.KEYHOLD_DATA_DIR = value;
    assert.equal(dataDir(), readDataDir(process.env));
    assert.equal(rootAccessKeyFile(), dataPaths(dataDir()).rootAccessKey);
  }
});
