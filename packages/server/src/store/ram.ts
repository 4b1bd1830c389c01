import { changesOf, type Database, firstOf, PARAMETER, rowsOf, type Steps } from './database.ts';
import { accessKeyOfRow, ramRowOfRow, rowOfAccessKey } from './rows.ts';
import type { AccessKey, Ram, RamChange, RamRow, RamRows } from './store.ts';

export function sqlRam(database: Database): Ram {
  const { query } = database;
  const lastUse = database.prepareFirst(
    query.selectFrom('access_key_uses').select('last_used_at').where('access_key_id', '=', PARAMETER),
  );

  function* load(accountId: string): Steps<RamRows> {
    const head = yield* firstOf(
      query.selectFrom('ram_heads').selectAll().where('account_id', '=', accountId),
    );
    const rows = yield* rowsOf(
      query
        .selectFrom('ram_rows')
        .select(['kind', 'id', 'value'])
        .where('account_id', '=', accountId)
        .orderBy('kind')
        .orderBy('id'),
    );
    const accessKeys = yield* rowsOf(
      query
        .selectFrom('access_keys')
        .selectAll()
        .where('account_id', '=', accountId)
        .orderBy('created_at')
        .orderBy('access_key_id'),
    );
    return {
      accountId,
      revision: head?.revision ?? 0,
      mac: head?.mac ?? null,
      rows: rows.map(ramRowOfRow),
      accessKeys: accessKeys.map(accessKeyOfRow),
    };
  }

  /** Whether the head was at the revision before. */
  function* advance(accountId: string, revision: number, mac: Uint8Array): Steps<boolean> {
    const changed =
      revision === 1
        ? query
            .insertInto('ram_heads')
            .values({ account_id: accountId, revision, mac })
            .onConflict((conflict) => conflict.doNothing())
        : query
            .updateTable('ram_heads')
            .set({ revision, mac })
            .where('account_id', '=', accountId)
            .where('revision', '=', revision - 1);
    return (yield* changesOf(changed)) === 1;
  }

  function* put(accountId: string, { kind, id, value }: RamRow): Steps<void> {
    yield query
      .insertInto('ram_rows')
      .values({ account_id: accountId, kind, id, value })
      .onConflict((conflict) => conflict.columns(['account_id', 'kind', 'id']).doUpdateSet({ value }))
      .compile();
  }

  function* remove(accountId: string, { kind, id }: Pick<RamRow, 'kind' | 'id'>): Steps<void> {
    yield query
      .deleteFrom('ram_rows')
      .where('account_id', '=', accountId)
      .where('kind', '=', kind)
      .where('id', '=', id)
      .compile();
  }

  function* putAccessKey(accountId: string, accessKey: AccessKey): Steps<void> {
    const row = { ...rowOfAccessKey(accessKey), account_id: accountId };
    const { access_key_id: _, ...changed } = row;
    const written = yield* changesOf(
      query
        .insertInto('access_keys')
        .values(row)
        .onConflict((conflict) =>
          conflict
            .column('access_key_id')
            .doUpdateSet(changed)
            .where('access_keys.account_id', '=', accountId),
        ),
    );
    if (written !== 1) throw new Error(`the access key ${accessKey.accessKeyId} is of another account`);
  }

  function* removeAccessKey(accountId: string, accessKeyId: string): Steps<void> {
    // Its last use goes with it.
    yield query
      .deleteFrom('access_keys')
      .where('access_key_id', '=', accessKeyId)
      .where('account_id', '=', accountId)
      .compile();
  }

  function* change(
    accountId: string,
    next: Parameters<Ram['change']>[1],
    { put: rows, remove: gone, putAccessKeys, removeAccessKeys }: RamChange,
  ): Steps<'changed' | 'conflict'> {
    if (!(yield* advance(accountId, next.revision, next.mac))) return 'conflict';
    for (const row of gone) yield* remove(accountId, row);
    for (const row of rows) yield* put(accountId, row);
    for (const accessKeyId of removeAccessKeys) yield* removeAccessKey(accountId, accessKeyId);
    for (const accessKey of putAccessKeys) yield* putAccessKey(accountId, accessKey);
    return 'changed';
  }

  function* putLastUses(uses: ReadonlyMap<string, number>): Steps<void> {
    for (const [accessKeyId, lastUsedAt] of uses) {
      // From the row of the key: of one that was deleted since, nothing is kept.
      yield query
        .insertInto('access_key_uses')
        .columns(['access_key_id', 'last_used_at'])
        .expression((from) =>
          from
            .selectFrom('access_keys')
            .select((row) => ['access_key_id', row.val(lastUsedAt).as('last_used_at')])
            .where('access_key_id', '=', accessKeyId),
        )
        .onConflict((conflict) =>
          conflict
            .column('access_key_id')
            .doUpdateSet({ last_used_at: lastUsedAt })
            .where('access_key_uses.last_used_at', '<', lastUsedAt),
        )
        .compile();
    }
  }

  return {
    load: (accountId) => database.read(load(accountId)),
    change: (accountId, next, changes) => database.change(change(accountId, next, changes)),
    lastUse: async (accessKeyId) => (await lastUse(accessKeyId))?.last_used_at,
    putLastUses: (uses) => database.change(putLastUses(uses)),
  };
}
