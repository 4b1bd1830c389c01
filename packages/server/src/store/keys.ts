import { sql } from 'kysely';
import type { Key, KeyVersion } from '../keys/key.ts';
import { changesOf, type Database, firstOf, PARAMETER, rowsOf, type Steps } from './database.ts';
import { count, countDown, countUp } from './homes.ts';
import { matches } from './key-filters.ts';
import { condemnedOfRow, keyOfRow, rowOfKey, rowOfTag, rowOfVersion, versionOfRow } from './rows.ts';
import type { KeyRow } from './schema.ts';
import type { Condemned, Keys, Page, PageRequest, VersionUse } from './store.ts';

/** A rotation so far ahead was not a small correction of the clock. */
const CLOCK_SET_BACK = 86_400_000;
const NO_QUOTA = Number.MAX_SAFE_INTEGER;

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
    if (version !== null) {
      yield query.insertInto('key_versions').values(rowOfVersion(version)).compile();
      yield* countUp(query, key, 'version_count', NO_QUOTA);
    }
    for (const tag of tags) yield query.insertInto('tags').values(rowOfTag(key.keyId, tag)).compile();
    return 'created';
  }

  function* list(...[home, filters, page, now]: Parameters<Keys['list']>): Steps<Page<Key>> {
    const matching = query
      .selectFrom('keys')
      .where('account_id', '=', home.accountId)
      .where('region', '=', home.region)
      .where((row) => row.and(filters.map((filter) => matches(row, home, filter, now))));
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

  const replacement = (key: Key) => {
    const { key_id, account_id, region, ...changed } = rowOfKey(key);
    return query
      .updateTable('keys')
      .set(changed)
      .where('key_id', '=', key_id)
      .where('account_id', '=', account_id)
      .where('region', '=', region)
      .where('revision', '=', key.revision - 1);
  };

  function* replaceWithVersion(
    key: Key,
    version: KeyVersion,
    quota: number,
  ): Steps<'replaced' | 'conflict' | 'quota'> {
    const { key_id, key_version_id, ...changed } = rowOfVersion(version);
    const known = query
      .selectFrom('key_versions')
      .select('key_version_id')
      .where('key_id', '=', key_id)
      .where('key_version_id', '=', key_version_id);
    const isNew = (yield* firstOf(known)) === undefined;
    if (isNew && !(yield* countUp(query, key, 'version_count', quota))) return 'quota';
    if ((yield* changesOf(replacement(key))) === 0) {
      if (isNew) yield* countDown(query, key, 'version_count');
      return 'conflict';
    }
    yield query
      .insertInto('key_versions')
      .values({ key_id, key_version_id, ...changed })
      .onConflict((conflict) => conflict.columns(['key_id', 'key_version_id']).doUpdateSet(changed))
      .compile();
    if (version.wrappedMaterial === null) yield* condemn({ ...key, revision: key.revision - 1 });
    return 'replaced';
  }

  /** Revisions only go up: what is there already is an earlier one. */
  function* condemn({ keyId, revision, protectionLevel }: Key): Steps<void> {
    if (protectionLevel !== 'HSM') return;
    yield query
      .insertInto('condemned')
      .values({ key_id: keyId, revision })
      .onConflict((conflict) => conflict.column('key_id').doUpdateSet({ revision }))
      .compile();
  }

  /** As a literal, because an index that is of HSM keys alone is not used for a parameter. */
  const anyInHsm = query
    .selectFrom('keys')
    .select('key_id')
    .where('protection_level', '=', sql.lit('HSM'))
    .limit(1);

  function* noteUses(uses: readonly VersionUse[]): Steps<void> {
    for (const { keyId, keyVersionId, usedAt } of uses) {
      yield query
        .updateTable('key_versions')
        .set({ last_used_at: usedAt })
        .where('key_id', '=', keyId)
        .where('key_version_id', '=', keyVersionId)
        .where((row) => row.or([row('last_used_at', 'is', null), row('last_used_at', '<', usedAt)]))
        .compile();
    }
  }

  const toRotate = query
    .selectFrom('keys')
    .where('state', '=', 'Enabled')
    .where('next_rotation_at', 'is not', null);

  /** Each walks an index of its own, as far as it must. */
  const DUE = {
    destruction: (now: number) => [
      query.selectFrom('keys').where('delete_at', '<=', now).orderBy('delete_at'),
    ],
    rotation: (now: number) => [
      toRotate.where('next_rotation_at', '<=', now).orderBy('next_rotation_at'),
      toRotate.where('last_rotation_at', '>', now + CLOCK_SET_BACK).orderBy('last_rotation_at'),
    ],
    erasure: (now: number) => [
      query.selectFrom('keys').where('material_expires_at', '<=', now).orderBy('material_expires_at'),
    ],
  };

  function* listDue(...[what, now, limit, level]: Parameters<Keys['listDue']>): Steps<readonly Key[]> {
    const due: KeyRow[] = [];
    for (const all of DUE[what](now)) {
      const rows = level === undefined ? all : all.where('protection_level', '=', level);
      due.push(
        ...(yield* rowsOf(
          rows
            .selectAll()
            .orderBy('key_id')
            .limit(limit - due.length),
        )),
      );
    }
    return due.map(keyOfRow);
  }

  function* destroyDue(keyIds: readonly string[], now: number): Steps<readonly Key[]> {
    // An update that changes nothing locks the rows in every database: none can be rescued half-way.
    const due = yield* rowsOf(
      query
        .updateTable('keys')
        .set((row) => ({ revision: row.ref('revision') }))
        .where('key_id', 'in', keyIds)
        .where('delete_at', '<=', now)
        .returningAll(),
    );
    const keys = due.map(keyOfRow);
    for (const key of keys) {
      const aliases = yield* rowsOf(
        query.deleteFrom('aliases').where('key_id', '=', key.keyId).returningAll(),
      );
      for (const alias of aliases) {
        yield* countDown(query, { accountId: alias.account_id, region: alias.region }, 'alias_count');
      }
      const versions = yield* changesOf(query.deleteFrom('key_versions').where('key_id', '=', key.keyId));
      yield* countDown(query, key, 'version_count', versions);
      // Tags go with it.
      yield query.deleteFrom('keys').where('key_id', '=', key.keyId).compile();
      yield* countDown(query, key, 'key_count');
      yield* condemn(key);
    }
    return keys;
  }

  return {
    create: (...created) => database.change(create(...created)),
    async find(keyId) {
      const row = await findKey(keyId);
      return row && keyOfRow(row);
    },
    async replace(key) {
      const replaced = await database.change(changesOf(replacement(key)));
      return replaced === 1 ? 'replaced' : 'conflict';
    },
    async replaceWithVersion(key, version, quota) {
      const outcome = await database.change(replaceWithVersion(key, version, quota));
      if (outcome === 'replaced' && version.wrappedMaterial === null) await database.shred();
      return outcome;
    },
    list: (...asked) => database.read(list(...asked)),
    async findVersion(keyId, keyVersionId) {
      const row = await findVersion(keyId, keyVersionId);
      return row && versionOfRow(row);
    },
    listVersions: (keyId, page) => database.read(listVersions(keyId, page)),
    listDue: (...asked) => database.read(listDue(...asked)),
    async destroyDue(keyIds, now) {
      if (keyIds.length === 0) return [];
      const destroyed = await database.change(destroyDue(keyIds, now));
      if (destroyed.length > 0) await database.shred();
      return destroyed;
    },
    async listCondemned(limit, after = '') {
      const all = query.selectFrom('condemned').selectAll().where('key_id', '>', after);
      return (await database.read(rowsOf(all.orderBy('key_id').limit(limit)))).map(condemnedOfRow);
    },
    async forgetCondemned({ keyId, revision }: Condemned) {
      const done = query
        .deleteFrom('condemned')
        .where('key_id', '=', keyId)
        .where('revision', '<=', revision);
      await database.change(changesOf(done));
    },
    hasHsmKeys: async () => (await database.read(firstOf(anyInHsm))) !== undefined,
    noteUses: (uses) => database.change(noteUses(uses)),
    async lastUses(keyId) {
      const used = query
        .selectFrom('key_versions')
        .select(['key_version_id', 'last_used_at'])
        .where('key_id', '=', keyId)
        .where('last_used_at', 'is not', null);
      const rows = await database.read(rowsOf(used));
      return rows.map((row) => ({
        keyId,
        keyVersionId: row.key_version_id,
        usedAt: row.last_used_at ?? 0, // asked for above
      }));
    },
  };
}
