import type { Expression, ExpressionBuilder, SqlBool } from 'kysely';
import type { Schema } from './schema.ts';
import type { Home, KeyFilter, KeyFilterField } from './store.ts';

type KeyRowBuilder = ExpressionBuilder<Schema, 'keys'>;
type Condition = (
  row: KeyRowBuilder,
  values: readonly string[],
  home: Home,
  now: number | undefined,
) => Expression<SqlBool>;

const column =
  (name: 'key_spec' | 'key_usage' | 'protection_level' | 'key_id' | 'creator'): Condition =>
  (row, values) =>
    row(name, 'in', values);

const tag =
  (name: 'tag_key' | 'tag_value'): Condition =>
  (row, values) =>
    row('key_id', 'in', row.selectFrom('tags').select('tags.key_id').where(name, 'in', values));

/** In words of SQL, what `asOf` says. */
const state: Condition = (row, values, _, now = 0) => {
  const expired = row.and([row('material_expires_at', '<=', now), row('state', '!=', 'PendingDeletion')]);
  return row(row.case().when(expired).then('PendingImport').else(row.ref('state')).end(), 'in', values);
};

/** The filters of ListKeys (KMS semantics 16). */
const CONDITIONS: Readonly<Record<KeyFilterField, Condition>> = {
  KeyState: state,
  KeySpec: column('key_spec'),
  KeyUsage: column('key_usage'),
  ProtectionLevel: column('protection_level'),
  KeyId: column('key_id'),
  Creator: column('creator'),
  /** Cloud services make keys of the other type, `Service`; there are none here. */
  CreatorType: (row, values) => row.lit(values.includes('User')),
  /** Keys live in no instance. */
  DKMSInstanceId: (row) => row.lit(false),
  AliasName: (row, values, home) =>
    row(
      'key_id',
      'in',
      row
        .selectFrom('aliases')
        .select('aliases.key_id')
        .where('aliases.account_id', '=', home.accountId)
        .where('aliases.region', '=', home.region)
        .where('alias_name', 'in', values),
    ),
  TagKey: tag('tag_key'),
  TagValue: tag('tag_value'),
};

export function matches(
  row: KeyRowBuilder,
  home: Home,
  filter: KeyFilter,
  now: number | undefined,
): Expression<SqlBool> {
  if (filter.values.length === 0) return row.lit(false);
  return CONDITIONS[filter.field](row, filter.values, home, now);
}
