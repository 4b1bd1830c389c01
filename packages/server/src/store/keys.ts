import type { Key } from '../keys/key.ts';
import { changesOf, type Database, firstOf, PARAMETER, rowsOf, type Steps } from './database.ts';
import { count, countDown, countUp } from './homes.ts';
import { matches } from './key-filters.ts';
import { keyOfRow, rowOfKey, rowOfTag, rowOfVersion, versionOfRow } from './rows.ts';
import type { Home, KeyFilter, Keys, Page, PageRequest } from './store.ts';

export function sqlKeys(database: Database): Keys {
  const { query } = database;
  const keyById = query.selectFrom('keys').selectAll().where('key_id', '=', PARAMETER);
  const versionById = query
    .selectFrom('key_versions')
    .selectAll()
    .where('key_id', '=', PARAMETER)
    .where('key_version_id', '=', PARAMETER);
  const findKey = database.prepareFirst(keyById);
  const findVersion = database.prepareFirst(versionById);

  function* create(...[key, version, tags, quota]: Parameters<Keys['create']>): Steps<'created' | 'quota'> {
    if (!(yield* countUp(query, key, 'key_count', quota))) return 'quota';
    yield query.insertInto('keys').values(rowOfKey(key)).compile();
    if (version !== null) yield query.insertInto('key_versions').values(rowOfVersion(version)).compile();
    for (const tag of tags) yield query.insertInto('tags').values(rowOfTag(key.keyId, tag)).compile();
    return 'created';
  }

  function* list(home: Home, filters: readonly KeyFilter[], page: PageRequest): Steps<Page<Key>> {
    const matching = query
      .selectFrom('keys')
      .where('account_id', '=', home.accountId)
      .where('region', '=', home.region)
      .where((row) => row.and(filters.map((filter) => matches(row, home, filter))));
    const counted =
      filters.length === 0
        ? yield* count(query, home, 'key_count')
        : (yield* firstOf(matching.select((row) => row.fn.countAll<number>().as('total'))))?.total;
    const total = Number(counted ?? 0);
    // A database skips rows one by one: not worth it where nothing follows.
    if (page.offset >= total) return { total, rows: [] };
    const rows = yield* rowsOf(
      matching.selectAll().orderBy('created_at').orderBy('key_id').offset(page.offset).limit(page.limit),
    );
    return { total, rows: rows.map(keyOfRow) };
  }

  function* listVersions(keyId: string, page: PageRequest): Steps<Page<ReturnType<typeof versionOfRow>>> {
    const versions = query.selectFrom('key_versions').where('key_id', '=', keyId);
    const counted = yield* firstOf(versions.select((row) => row.fn.countAll<number>().as('total')));
    const rows = yield* rowsOf(
      versions
        .selectAll()
        .orderBy('created_at')
        .orderBy('key_version_id')
        .offset(page.offset)
        .limit(page.limit),
    );
    return { total: Number(counted?.total ?? 0), rows: rows.map(versionOfRow) };
  }

  const dueIds = (now: number, limit: number) =>
    query
      .selectFrom('keys')
      .select('key_id')
      .where('delete_at', '<=', now)
      .orderBy('delete_at')
      .orderBy('key_id')
      .limit(limit);

  function* destroyDue(now: number, limit: number): Steps<readonly Key[]> {
    // An update that changes nothing locks the rows in every database: none can be rescued half-way.
    const due = yield* rowsOf(
      query
        .updateTable('keys')
        .set((row) => ({ revision: row.ref('revision') }))
        .where('key_id', 'in', dueIds(now, limit))
        .where('delete_at', '<=', now)
        .returningAll(),
    );
    for (const { key_id } of due) {
      const aliases = yield* rowsOf(query.deleteFrom('aliases').where('key_id', '=', key_id).returningAll());
      for (const alias of aliases) {
        yield* countDown(query, { accountId: alias.account_id, region: alias.region }, 'alias_count');
      }
      // Versions and tags go with it.
      yield query.deleteFrom('keys').where('key_id', '=', key_id).compile();
    }
    const keys = due.map(keyOfRow);
    for (const key of keys) yield* countDown(query, key, 'key_count');
    return keys;
  }

  return {
    create: (...created) => database.change(create(...created)),
    async find(keyId) {
      const row = await findKey(keyId);
      return row && keyOfRow(row);
    },
    async replace(key) {
      const { key_id, account_id, region, ...changed } = rowOfKey(key);
      const replaced = await database.change(
        changesOf(
          query
            .updateTable('keys')
            .set(changed)
            .where('key_id', '=', key_id)
            .where('account_id', '=', account_id)
            .where('region', '=', region)
            .where('revision', '=', key.revision - 1),
        ),
      );
      return replaced === 1 ? 'replaced' : 'conflict';
    },
    list: (home, filters, page) => database.read(list(home, filters, page)),
    async findVersion(keyId, keyVersionId) {
      const row = await findVersion(keyId, keyVersionId);
      return row && versionOfRow(row);
    },
    listVersions: (keyId, page) => database.read(listVersions(keyId, page)),
    async listDue(now, limit) {
      const rows = await query
        .selectFrom('keys')
        .selectAll()
        .where('key_id', 'in', dueIds(now, limit))
        .execute();
      return rows.map(keyOfRow);
    },
    async destroyDue(now, limit) {
      const destroyed = await database.change(destroyDue(now, limit));
      if (destroyed.length > 0) await database.shred();
      return destroyed;
    },
  };
}
