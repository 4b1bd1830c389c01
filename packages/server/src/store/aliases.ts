import { changesOf, type Database, firstOf, PARAMETER, rowsOf, type Steps } from './database.ts';
import { count, countDown, countUp } from './homes.ts';
import { aliasOfRow, rowOfAlias } from './rows.ts';
import { type Alias, type Aliases, type Home, KeyGone, type Page, type PageRequest } from './store.ts';

export function sqlAliases(database: Database): Aliases {
  const { query } = database;
  const byName = (accountId: string, region: string, aliasName: string) =>
    query
      .selectFrom('aliases')
      .selectAll()
      .where('account_id', '=', accountId)
      .where('region', '=', region)
      .where('alias_name', '=', aliasName);
  const findByName = database.prepareFirst(byName(PARAMETER, PARAMETER, PARAMETER));

  function* requireKey(keyId: string): Steps<void> {
    const key = yield* firstOf(query.selectFrom('keys').select('key_id').where('key_id', '=', keyId));
    if (key === undefined) throw new KeyGone();
  }

  function* create(alias: Alias, quota: number): Steps<'created' | 'exists' | 'quota'> {
    const known = yield* firstOf(byName(alias.accountId, alias.region, alias.aliasName));
    if (known !== undefined) return 'exists';
    yield* requireKey(alias.keyId);
    if (!(yield* countUp(query, alias, 'alias_count', quota))) return 'quota';
    yield query.insertInto('aliases').values(rowOfAlias(alias)).compile();
    return 'created';
  }

  function* retarget(home: Home, aliasName: string, keyId: string): Steps<'retargeted' | 'missing'> {
    const known = yield* firstOf(byName(home.accountId, home.region, aliasName));
    if (known === undefined) return 'missing';
    yield* requireKey(keyId);
    const changed = yield* changesOf(
      query
        .updateTable('aliases')
        .set({ key_id: keyId })
        .where('account_id', '=', home.accountId)
        .where('region', '=', home.region)
        .where('alias_name', '=', aliasName),
    );
    return changed === 1 ? 'retargeted' : 'missing';
  }

  function* remove(home: Home, aliasName: string): Steps<'deleted' | 'missing'> {
    const deleted = yield* changesOf(
      query
        .deleteFrom('aliases')
        .where('account_id', '=', home.accountId)
        .where('region', '=', home.region)
        .where('alias_name', '=', aliasName),
    );
    if (deleted === 0) return 'missing';
    yield* countDown(query, home, 'alias_count');
    return 'deleted';
  }

  function* list(home: Home, page: PageRequest): Steps<Page<Alias>> {
    const total = yield* count(query, home, 'alias_count');
    const rows = yield* rowsOf(
      query
        .selectFrom('aliases')
        .selectAll()
        .where('account_id', '=', home.accountId)
        .where('region', '=', home.region)
        .orderBy('alias_name')
        .offset(page.offset)
        .limit(page.limit),
    );
    return { total, rows: rows.map(aliasOfRow) };
  }

  function* listOfKey(keyId: string, page: PageRequest): Steps<Page<Alias>> {
    const ofKey = query.selectFrom('aliases').where('key_id', '=', keyId);
    const counted = yield* firstOf(ofKey.select((row) => row.fn.countAll<number>().as('total')));
    const rows = yield* rowsOf(ofKey.selectAll().orderBy('alias_name').offset(page.offset).limit(page.limit));
    return { total: Number(counted?.total ?? 0), rows: rows.map(aliasOfRow) };
  }

  return {
    create: (alias, quota) => database.change(create(alias, quota)),
    async find(home, aliasName) {
      const row = await findByName(home.accountId, home.region, aliasName);
      return row && aliasOfRow(row);
    },
    retarget: (home, aliasName, keyId) => database.change(retarget(home, aliasName, keyId)),
    delete: (home, aliasName) => database.change(remove(home, aliasName)),
    list: (home, page) => database.read(list(home, page)),
    listOfKey: (keyId, page) => database.read(listOfKey(keyId, page)),
  };
}
