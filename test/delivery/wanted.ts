import { dataPaths } from '@keyhold/server/files/data-paths.ts';
import type { Entry } from '@keyhold/server/trail/entry.ts';
import { eventOf } from '@keyhold/server/trail/event.ts';
import { readTrail } from '@keyhold/server/trail/read.ts';
import { ACCOUNT } from '../server.ts';

/**
 * Ids of the events that a trail for everything has to deliver, from its StartLogging on: results, and writes that
 * never got one.
 */
export async function wantedIds(dataDir: string, started: string): Promise<string[]> {
  const own: Entry[] = [];
  let begun = false;
  for await (const entry of readTrail(dataPaths(dataDir).trail)) {
    begun ||= entry.kind === 'call' && entry.requestId === started;
    if (begun && entry.caller.accountId === ACCOUNT) own.push(entry);
  }
  const ended = new Set(own.filter(({ kind }) => kind !== 'intent').map(({ requestId }) => requestId));
  const events = own.filter(({ kind, requestId }) => kind !== 'intent' || !ended.has(requestId));
  return events.map((entry) => eventOf(entry).eventId);
}
