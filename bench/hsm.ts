import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
