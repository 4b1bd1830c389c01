import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Ask, authorise } from './authorise.ts';
import type { Caller } from './caller.ts';

const OWN = '1000000000000001';
const caller: Caller = { accountId: OWN, type: 'root-account', principalId: OWN, accessKeyId: 'LTAI' };
const ask = (owner: string, id = 'k'): Ask => ({
  action: 'kms:DescribeKey',
  resource: `acs:kms:cn-hangzhou:${owner}:key/${id}`,
  shown: `acs:kms:cn-hangzhou:${owner}:alias/${id}`,
  owner,
});

test('the account itself may do everything with what is its own', () => {
  for (const asks of [[], [ask(OWN)], [ask(OWN), ask(OWN, 'b')]]) {
    assert.deepEqual(authorise(caller, asks), { allowed: true, reasons: ['root of the account'] });
  }
});

test('one resource of another account refuses the whole call, and is named', () => {
  const foreign = ask('1000000000000002', 'theirs');
  for (const asks of [[foreign], [ask(OWN), foreign], [foreign, ask(OWN)], [foreign, ask('1', 'other')]]) {
    const decision = authorise(caller, asks);
    assert.equal(decision.allowed, false);
    assert.equal(decision.refused, foreign);
    assert.ok(decision.reasons.length > 0);
  }
  for (const owner of ['', `${OWN} `, `0${OWN}`])
    assert.equal(authorise(caller, [ask(owner)]).allowed, false);
});
