/**
 * What SQLite's planner is told of the tables: rows, then rows per distinct value of one, two, .. columns of
 * the index. Given once instead of measured, so that plans are the same in an empty database and in one of a
 * million keys. Without them it believes that a home holds ten keys, and walks all of them to find one.
 */
const STATISTICS: readonly (readonly [table: string, index: string, rows: string])[] = [
  ['keys', 'sqlite_autoindex_keys_1', '1000000 1'],
  ['keys', 'keys_by_age', '1000000 500000 500000 1 1'],
  ['keys', 'keys_to_delete', '1000 1 1'],
  ['aliases', 'sqlite_autoindex_aliases_1', '1000000 500000 500000 1'],
  ['aliases', 'aliases_of_key', '1000000 1 1'],
  ['tags', 'sqlite_autoindex_tags_1', '1000000 5 1'],
  ['tags', 'tags_by_key', '1000000 1000 100 1'],
  ['tags', 'tags_by_value', '1000000 100 1'],
];

export const SET_STATISTICS = `
  analyze sqlite_schema;
  delete from sqlite_stat1;
  insert into sqlite_stat1 (tbl, idx, stat) values
    ${STATISTICS.map((row) => `('${row.join("', '")}')`).join(',\n    ')};
  analyze sqlite_schema;
`;
