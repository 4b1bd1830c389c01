import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';

/** An event as a reader of the bucket sees it. */
export interface Delivered {
  readonly eventId: string;
  readonly eventName: string;
  readonly eventRW: string;
  readonly eventTime: string;
  readonly requestId: string;
  readonly acsRegion: string;
  readonly recipientAccountId: string;
  readonly additionalEventData: { readonly Outcome?: string };
}

export interface DeliveredFile {
  readonly name: string;
  readonly events: readonly Delivered[];
}

const NAME =
  /AliyunLogs\/Actiontrail\/([a-z0-9-]+)\/(\d{4})\/(\d\d)\/(\d\d)\/Actiontrail_\1_(\2\3\4\d{6})_1002_(\d+)_(\d+)_([0-9a-f]{32})\.gz$/;

/** Checks the name of an object against what it holds (ActionTrail 7.1). */
export function readObject(name: string, bytes: Uint8Array): DeliveredFile {
  const [, , , , , time, count, size, checksum] = NAME.exec(name) ?? assert.fail(`the name ${name}`);
  assert.deepEqual([Number(size), checksum], [bytes.length, hash('md5', bytes)], name);
  const events: Delivered[] = JSON.parse(gunzipSync(bytes).toString('utf8'));
  assert.equal(Number(count), events.length, name);
  const newest = events.map(({ eventTime }) => eventTime.replace(/\D/g, '')).toSorted();
  assert.equal(newest.at(-1), time, name);
  return { name, events };
}

/** Everything below a directory that was delivered to, by name; a draft that a crash left is none. */
export async function deliveredIn(directory: string): Promise<DeliveredFile[]> {
  const names = await readdir(directory, { recursive: true }).catch(() => []);
  const files = names.filter((name) => name.endsWith('.gz')).toSorted();
  return Promise.all(files.map(async (name) => readObject(name, await readFile(join(directory, name)))));
}

export const eventsOf = (files: readonly DeliveredFile[]): Delivered[] =>
  files.flatMap(({ events }) => events);

export const drafts = async (directory: string): Promise<string[]> =>
  (await readdir(directory, { recursive: true })).filter((name) => basename(name).endsWith('.new'));

/** Waits for what comes within seconds; the deadline of the test is the limit. */
export async function until<T>(look: () => Promise<T | undefined | false>): Promise<T> {
  const end = performance.now() + PATIENCE_MS;
  while (performance.now() < end) {
    const found = await look();
    if (found) return found;
    await sleep(50);
  }
  throw new Error(`it did not come about within ${PATIENCE_MS} ms`);
}

const PATIENCE_MS = 30_000;
