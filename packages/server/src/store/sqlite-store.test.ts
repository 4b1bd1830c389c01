import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { storeConformance } from './conformance.ts';
import { openSqliteStore } from './open-store.ts';

const directory = mkdtempSync(join(tmpdir(), 'keyhold-store-'));
after(() => rmSync(directory, { recursive: true }));
let opened = 0;

storeConformance('the store on SQLite', () => openSqliteStore(join(directory, `${opened++}.db`)));
