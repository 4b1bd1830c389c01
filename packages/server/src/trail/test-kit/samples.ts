import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Entry } from '../entry.ts';
import { readTrail } from '../read.ts';
import type { SegmentedTrail } from '../segmented-trail.ts';

/** For tests: an entry like those of the busiest call, with `index` as its request id. */
export function sampleEntry(index: number, changes: Partial<Entry> = {}): Entry {
  const keyId = '3c1f7a52-8f0a-4c53-9a70-0f6c2b7d1e44';
  const time = 1_800_000_000_000 + index;
  return {
    kind: 'call',
    time,
    requestId: String(index),
    version: '2016-01-20',
    action: 'GenerateDataKey',
    region: 'cn-hangzhou',
    caller: {
      accountId: '1234567890123456',
      type: 'root-account',
      principalId: '1234567890123456',
      accessKeyId: `LTAI5tExampleAccessKey0${index % 3}`,
    },
    sourceIp: '192.0.2.17',
    userAgent: 'AlibabaCloud (linux; x64) Node.js/v26.10.0 Core/1.0.1 TeaDSL/2',
    tls: true,
    parameters: { KeyId: keyId, KeySpec: 'AES_256' },
    response: { KeyId: keyId, KeyVersionId: 'b0d1f7a5-8f0a-4c53-9a70-0f6c2b7d1e44' },
    resources: [`acs:kms:cn-hangzhou:1234567890123456:key/${keyId}`],
    reasons: ['root'],
    replay: { token: crypto.randomUUID(), timestamp: time - 128 },
    ...changes,
  };
}

export async function appendSamples(trail: SegmentedTrail, from: number, to: number): Promise<void> {
  for (let index = from; index < to; index++) await trail.append(sampleEntry(index));
}

/** A test, or a file of tests. */
export interface Ends {
  after(then: () => void): void;
}

/** A directory that is gone afterwards. */
export function temporaryDirectory(t: Ends): string {
  const directory = mkdtempSync(join(tmpdir(), 'keyhold-trail-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

export async function entriesIn(directory: string, since = 0): Promise<Entry[]> {
  const entries: Entry[] = [];
  for await (const entry of readTrail(directory, { since })) entries.push(entry);
  return entries;
}
