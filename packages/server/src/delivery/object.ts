import { hash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import type { DeliveredEvent } from './gather.ts';
import type { Order } from './order.ts';

export interface DeliveredObject {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** One object for each region, with all of a batch that happened there (ActionTrail 7.1). */
export const objectsOf = (
  order: Pick<Order, 'keyPrefix'>,
  events: readonly DeliveredEvent[],
): readonly DeliveredObject[] =>
  [...Map.groupBy(events, ({ region }) => region)].map(([region, list]) => objectOf(order, region, list));

/** Says the same of the same events for ever. Size and checksum are those of the file, as observed. */
function objectOf(
  { keyPrefix }: Pick<Order, 'keyPrefix'>,
  region: string,
  events: readonly DeliveredEvent[],
): DeliveredObject {
  const bytes = gzipSync(`[${events.map(({ json }) => json).join(',\n')}]`);
  let newest = 0;
  for (const { time } of events) newest = Math.max(newest, time);
  const digits = new Date(newest).toISOString().replace(/\D/g, '').slice(0, 14);
  const day = `${digits.slice(0, 4)}/${digits.slice(4, 6)}/${digits.slice(6, 8)}`;
  const prefix = keyPrefix === '' ? '' : `${keyPrefix.replace(/\/+$/, '')}/`;
  const file = `Actiontrail_${region}_${digits}_1002_${events.length}_${bytes.length}_${hash('md5', bytes)}.gz`;
  return { name: `${prefix}AliyunLogs/Actiontrail/${region}/${day}/${file}`, bytes };
}
