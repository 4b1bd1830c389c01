import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withStatus } from '../access/access-keys.ts';
import { NO_RAM_CHANGE } from '../store/conformance/samples.ts';
import type { RamChange, RamRow, RamRows } from '../store/store.ts';
import { rowOf } from './rows.ts';
import { Seal } from './seal.ts';
import {
  ACCOUNT,
  newDomainKey,
  OTHER_ACCOUNT,
  samplePolicy,
  sampleUser,
  sealedAccessKey,
} from './test-kit/samples.ts';

const domainKey = newDomainKey();
const seal = new Seal(domainKey);
const open = (rows: RamRows) => seal.open(rows, () => undefined);

const rootKey = sealedAccessKey(domainKey, 'LTAIroot');
const userKey = sealedAccessKey(domainKey, 'LTAIuser', { owner: 'id of ann' });
const untouched: RamRows = { accountId: ACCOUNT, revision: 0, mac: null, rows: [], accessKeys: [rootKey] };

/** As a store would hold it after the change. */
function changed(before: RamRows, change: Partial<RamChange>): RamRows {
  const { put, remove, putAccessKeys, removeAccessKeys } = { ...NO_RAM_CHANGE, ...change };
  const revision = before.revision + 1;
  const mac = seal.mac(ACCOUNT, revision, open(before), { put, remove, putAccessKeys, removeAccessKeys });
  const gone = [...remove, ...put];
  const goneKeys = [...removeAccessKeys, ...putAccessKeys.map(({ accessKeyId }) => accessKeyId)];
  return {
    accountId: ACCOUNT,
    revision,
    mac,
    rows: [...before.rows.filter((row) => !gone.some((other) => samePlace(row, other))), ...put],
    accessKeys: [
      ...before.accessKeys.filter(({ accessKeyId }) => !goneKeys.includes(accessKeyId)),
      ...putAccessKeys,
    ],
  };
}
const samePlace = (a: Pick<RamRow, 'kind' | 'id'>, b: Pick<RamRow, 'kind' | 'id'>) =>
  a.kind === b.kind && a.id === b.id;

const [ann, bob, policy] = [
  rowOf(['user', sampleUser('ann')]),
  rowOf(['user', sampleUser('bob')]),
  rowOf(['policy', samplePolicy('p')]),
];
const oldBob = rowOf(['user', sampleUser('bob', { comments: 'before' })]);
const inactiveUserKey = withStatus(domainKey, userKey, 'Inactive');

/** Four revisions: rows made, one changed and one removed; a key made, one switched off and one removed. */
const first = changed(untouched, { put: [ann, oldBob] });
const second = changed(first, { put: [bob, policy], putAccessKeys: [userKey] });
const third = changed(second, { remove: [policy], putAccessKeys: [inactiveUserKey] });
const spare = sealedAccessKey(domainKey, 'LTAIspare');
const last = changed(changed(third, { putAccessKeys: [spare] }), { removeAccessKeys: ['LTAIspare'] });

const refused = (rows: RamRows, title: string) =>
  assert.throws(() => open(rows), { name: 'Error', message: new RegExp(`${ACCOUNT}|access key`) }, title);

test('what was stored opens, at every revision, in any order of the rows', () => {
  for (const rows of [untouched, first, second, third, last]) {
    open(rows);
    open({ ...rows, rows: rows.rows.toReversed(), accessKeys: rows.accessKeys.toReversed() });
  }
  open({ ...untouched, accessKeys: [] });
});

test('a row edited, added, removed, doubled or put back is refused', () => {
  for (const [i, row] of last.rows.entries()) {
    const others = last.rows.toSpliced(i, 1);
    refused({ ...last, rows: others }, `without ${row.id}`);
    const edits: readonly RamRow[] = [
      { ...row, value: row.value.replace('"comments":""', '"comments":"!"') },
      { ...row, value: `${row.value} ` },
      { ...row, id: `${row.id} ` },
      { ...row, kind: 'role' },
    ];
    for (const edited of edits) {
      refused({ ...last, rows: others.toSpliced(i, 0, edited) }, JSON.stringify(edited));
      refused({ ...last, rows: [...last.rows, edited] }, `and ${JSON.stringify(edited)}`);
    }
  }
  refused({ ...last, rows: [ann, oldBob] }, 'as it once was');
  refused({ ...last, rows: [...last.rows, policy] }, 'put back');
  refused({ ...last, rows: [oldBob, ...last.rows] }, 'twice');
  refused({ ...last, rows: [] }, 'all gone');
});

test('an access key edited, added, removed or put back is refused', () => {
  const keys = [rootKey, inactiveUserKey];
  assert.deepEqual(new Set(last.accessKeys), new Set(keys));
  refused({ ...last, accessKeys: [rootKey] }, 'one gone');
  refused({ ...last, accessKeys: [] }, 'all gone');
  refused({ ...last, accessKeys: [...keys, spare] }, 'put back');
  refused({ ...last, accessKeys: [rootKey, userKey] }, 'active again');
  refused({ ...last, accessKeys: [rootKey, { ...inactiveUserKey, status: 'Active' }] }, 'status');
  refused({ ...last, accessKeys: [rootKey, { ...inactiveUserKey, owner: 'root' }] }, 'owner');
  refused(
    { ...last, accessKeys: [...keys, sealedAccessKey(newDomainKey(), 'LTAInew')] },
    'another domain key',
  );
});

test('a head of another revision, account or domain key, or none, is refused', () => {
  for (const revision of [0, 1, last.revision - 1, last.revision + 1])
    refused({ ...last, revision }, 'revision');
  for (const rows of [first, second, third]) refused({ ...last, mac: rows.mac }, 'an earlier mac');
  refused({ ...last, revision: second.revision, mac: second.mac }, 'an earlier head');
  refused({ ...last, mac: new Uint8Array() }, 'an empty mac');
  refused({ ...last, mac: null }, 'no mac');
  refused({ ...last, revision: 0, mac: null }, 'no head');
  refused({ ...last, revision: 0, mac: null, rows: [] }, "no head, and a user's access key");
  for (const put of [[ann], []]) {
    const moved = {
      ...changed(untouched, { put, removeAccessKeys: ['LTAIroot'] }),
      accountId: OTHER_ACCOUNT,
    };
    assert.throws(() => open(moved), new RegExp(OTHER_ACCOUNT));
  }
  assert.throws(() => new Seal(newDomainKey()).open({ ...first, accessKeys: [] }, () => undefined));
  const byteFlipped = (i: number) => last.mac?.map((byte, at) => (at === i ? byte ^ 1 : byte)) ?? null;
  for (let i = 0; i < 32; i++) refused({ ...last, mac: byteFlipped(i) }, `byte ${i}`);
});

test('before the first change, only access keys of the account itself are trusted', () => {
  refused({ ...untouched, rows: [ann] }, 'a row');
  refused({ ...untouched, accessKeys: [rootKey, userKey] }, "a user's access key");
  refused({ ...untouched, revision: 1 }, 'a revision');
  refused({ ...untouched, accessKeys: [{ ...rootKey, status: 'Inactive' }] }, 'an edited key');
});
