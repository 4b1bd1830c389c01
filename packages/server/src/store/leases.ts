import { changesOf, type Database } from './database.ts';
import type { Leases } from './store.ts';

export function sqlLeases(database: Database): Leases {
  const { query } = database;
  return {
    async take(name, holder, now, milliseconds) {
      const until = now + milliseconds;
      const taken = await database.change(
        changesOf(
          query
            .insertInto('leases')
            .values({ name, holder, until })
            .onConflict((conflict) =>
              conflict
                .column('name')
                .doUpdateSet({ holder, until })
                .where((row) =>
                  row.or([
                    row('leases.holder', '=', holder),
                    row('leases.until', '<=', now),
                    row('leases.until', '>', until),
                  ]),
                ),
            ),
        ),
      );
      return taken === 1;
    },
    async release(name, holder) {
      const mine = query.deleteFrom('leases').where('name', '=', name).where('holder', '=', holder);
      await database.change(changesOf(mine));
    },
  };
}
