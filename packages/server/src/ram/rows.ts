import { foldAscii } from '../access/policy/fold.ts';
import type { RamRow } from '../store/store.ts';
import type { RecordKind, Records } from './records.ts';

/** A record with its kind. */
export type AnyRecord = { readonly [K in RecordKind]: readonly [kind: K, record: Records[K]] }[RecordKind];

/**
 * By what a row is found. Where names cannot change they are the id, without regard to case: two records of
 * one name would be one row.
 */
const ID_OF: { readonly [K in RecordKind]: (record: Records[K]) => string } = {
  user: ({ userId }) => userId,
  group: ({ groupId }) => groupId,
  role: ({ roleId }) => roleId,
  policy: ({ policyName }) => foldAscii(policyName),
  attachment: ({ target, policyType, policyName }) =>
    `${target.kind} ${target.id} ${policyType} ${foldAscii(policyName)}`,
  'oidc-provider': ({ providerName }) => foldAscii(providerName),
  'key-policy': ({ keyId }) => keyId,
  trail: ({ trailName }) => trailName,
};

export function placeOf([kind, record]: AnyRecord): Pick<RamRow, 'kind' | 'id'> {
  const idOf = ID_OF[kind] as (record: AnyRecord[1]) => string; // the record is of that kind
  return { kind, id: idOf(record) };
}

export const rowOf = (record: AnyRecord): RamRow => ({
  ...placeOf(record),
  value: JSON.stringify(record[1]),
});

/** Of a row that is as this server stored it. */
export const recordOf = ({ kind, value }: RamRow): AnyRecord =>
  [kind as RecordKind, JSON.parse(value)] as AnyRecord;
