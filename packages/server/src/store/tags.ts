import { changesOf, type Database, rowsOf, type Steps } from './database.ts';
import { rowOfTag, taggedKeyOfRow, tagOfRow } from './rows.ts';
import { type Home, KeyGone, type Tag, type TaggedKey, type Tags } from './store.ts';

export function sqlTags(database: Database): Tags {
  const { query } = database;

  function* set(keyIds: readonly string[], tags: readonly Tag[], limit: number): Steps<'set' | 'limit'> {
    const wanted = [...new Set(keyIds)];
    const tagKeys = new Set(tags.map((tag) => tag.tagKey));
    if (wanted.length === 0 || tags.length === 0) return 'set';
    // An update that changes nothing locks the keys in every database, so that the count below stays true.
    const locked = yield* changesOf(
      query
        .updateTable('keys')
        .set((row) => ({ revision: row.ref('revision') }))
        .where('key_id', 'in', wanted),
    );
    if (locked < wanted.length) throw new KeyGone();
    const present = yield* rowsOf(
      query.selectFrom('tags').select(['key_id', 'tag_key']).where('key_id', 'in', wanted),
    );
    const held = new Map(wanted.map((keyId) => [keyId, tagKeys.size]));
    for (const { key_id, tag_key } of present) {
      if (!tagKeys.has(tag_key)) held.set(key_id, (held.get(key_id) ?? 0) + 1);
    }
    if ([...held.values()].some((size) => size > limit)) return 'limit';
    for (const keyId of wanted) {
      for (const tag of tags) {
        yield query
          .insertInto('tags')
          .values(rowOfTag(keyId, tag))
          .onConflict((conflict) =>
            conflict.columns(['key_id', 'tag_key']).doUpdateSet({ tag_value: tag.tagValue }),
          )
          .compile();
      }
    }
    return 'set';
  }

  function* remove(keyIds: readonly string[], tagKeys: readonly string[] | 'all'): Steps<void> {
    if (keyIds.length === 0 || tagKeys.length === 0) return;
    let removal = query.deleteFrom('tags').where('key_id', 'in', keyIds);
    if (tagKeys !== 'all') removal = removal.where('tag_key', 'in', tagKeys);
    yield removal.compile();
  }

  function* search(home: Home, wanted: Parameters<Tags['search']>[1]): Steps<readonly TaggedKey[]> {
    let found = query
      .selectFrom('tags')
      .innerJoin('keys', 'keys.key_id', 'tags.key_id')
      .selectAll('tags')
      .where('keys.account_id', '=', home.accountId)
      .where('keys.region', '=', home.region);
    if (wanted.keyIds.length > 0) found = found.where('tags.key_id', 'in', wanted.keyIds);
    for (const { tagKey, tagValue } of wanted.tags) {
      found = found.where('tags.key_id', 'in', (from) => {
        const carriers = from
          .selectFrom('tags as carried')
          .select('carried.key_id')
          .where('carried.tag_key', '=', tagKey);
        return tagValue === undefined ? carriers : carriers.where('carried.tag_value', '=', tagValue);
      });
    }
    // Always a place to go on from: with it the database reads in order instead of sorting all tags.
    const after = wanted.after ?? { keyId: '', tagKey: '' };
    found = found.where((row) =>
      row(row.refTuple('tags.key_id', 'tags.tag_key'), '>', row.tuple(after.keyId, after.tagKey)),
    );
    const rows = yield* rowsOf(found.orderBy('tags.key_id').orderBy('tags.tag_key').limit(wanted.limit));
    return rows.map(taggedKeyOfRow);
  }

  return {
    async list(keyId) {
      const rows = await database.read(
        rowsOf(query.selectFrom('tags').selectAll().where('key_id', '=', keyId).orderBy('tag_key')),
      );
      return rows.map(tagOfRow);
    },
    set: (keyIds, tags, limit) => database.change(set(keyIds, tags, limit)),
    remove: (keyIds, tagKeys) => database.change(remove(keyIds, tagKeys)),
    search: (home, wanted) => database.read(search(home, wanted)),
  };
}
