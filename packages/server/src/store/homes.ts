import type { Kysely } from 'kysely';
import { changesOf, firstOf, type Steps } from './database.ts';
import type { Schema } from './schema.ts';
import type { Home } from './store.ts';

export type Counted = 'key_count' | 'alias_count' | 'version_count';

/**
 * Counts one more, unless there are `quota` already; then nothing changes. The row stays locked until the
 * change ends, so that two changes at once cannot both take the last place.
 */
export function* countUp(query: Kysely<Schema>, home: Home, what: Counted, quota: number): Steps<boolean> {
  yield query
    .insertInto('homes')
    .values({
      account_id: home.accountId,
      region: home.region,
      key_count: 0,
      alias_count: 0,
      version_count: 0,
    })
    .onConflict((conflict) => conflict.doNothing())
    .compile();
  const counted = yield* changesOf(
    query
      .updateTable('homes')
      .set((row) => ({ [what]: row(what, '+', 1) }))
      .where('account_id', '=', home.accountId)
      .where('region', '=', home.region)
      .where(what, '<', quota),
  );
  return counted === 1;
}

export function* countDown(query: Kysely<Schema>, home: Home, what: Counted, by = 1): Steps<void> {
  yield query
    .updateTable('homes')
    .set((row) => ({ [what]: row(what, '-', by) }))
    .where('account_id', '=', home.accountId)
    .where('region', '=', home.region)
    .compile();
}

export function* count(query: Kysely<Schema>, home: Home, what: Counted): Steps<number> {
  const row = yield* firstOf(
    query
      .selectFrom('homes')
      .select(what)
      .where('account_id', '=', home.accountId)
      .where('region', '=', home.region),
  );
  return row?.[what] ?? 0;
}
