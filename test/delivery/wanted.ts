import type { Entry } from '@keyhold/server/trail/entry.ts';
import { ACCOUNT } from '../server.ts';

/** What a trail for everything has to deliver, from its StartLogging on: results, and writes that never got one. */
export function wanted(entries: readonly Entry[], started: string): Entry[] {
  const from = entries.findIndex(({ kind, requestId }) => kind === 'call' && requestId === started);
  const own = entries.slice(from).filter(({ caller }) => caller.accountId === ACCOUNT);
  const ended = new Set(own.filter(({ kind }) => kind !== 'intent').map(({ requestId }) => requestId));
  return own.filter(({ kind, requestId }) => kind !== 'intent' || !ended.has(requestId));
}
