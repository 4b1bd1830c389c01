import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Tag } from '../store/store.ts';
import { type Asking, authorise } from './authorise.ts';
import type { Caller, SessionCaller, UserCaller } from './caller.ts';
import { contextOf, type Facts } from './context.ts';
import type { NamedResource } from './naming.ts';
import { parsePolicy } from './policy/parse.ts';
import { attachedPolicy, directoryOf, sampleRole, sampleUser } from './test-kit/directories.ts';

const OWN = '1000000000000001';
const root: Caller = { accountId: OWN, type: 'root-account', principalId: OWN, accessKeyId: 'LTAI' };
const ann: UserCaller = {
  accountId: OWN,
  type: 'ram-user',
  principalId: '200',
  userName: 'ann',
  accessKeyId: 'LTAIann',
};
const batch: SessionCaller = {
  accountId: OWN,
  type: 'assumed-role',
  principalId: '300:s',
  accessKeyId: 'STS.x',
  roleId: '300',
  roleName: 'Batch',
  sessionName: 's',
  startedAt: 0,
  assumedBy: '200',
  sessionPolicy: undefined,
};
const USER = { kind: 'user', id: '200' } as const;
const facts: Facts = { time: 0, tls: true, sourceIp: '203.0.113.9', parameters: {} };
const APOLLO = {
  Effect: 'Allow',
  Action: ['kms:Encrypt', 'kms:Decrypt', 'kms:GenerateDataKey'],
  Resource: '*',
  Condition: { StringEqualsIgnoreCase: { 'kms:tag/Project': 'Apollo' } },
};

const key = (owner = OWN, action = 'kms:Decrypt', more: Partial<NamedResource> = {}): NamedResource => ({
  ask: {
    action,
    resource: `acs:kms:cn-hangzhou:${owner}:key/k`,
    shown: `acs:kms:cn-hangzhou:${owner}:alias/a`,
    owner,
  },
  kind: 'key',
  parameter: 'KeyId',
  key: { keyId: 'k' } as NonNullable<NamedResource['key']>, // nothing else of it is looked at
  alias: undefined,
  ciphertext: undefined,
  policy: undefined,
  tags: [],
  missing: undefined,
  ...more,
});

function asking(
  caller: Caller,
  records: Parameters<typeof directoryOf>[1] = [],
  tags: readonly Tag[] = [],
): Asking {
  const people = [
    ['user', sampleUser('200', 'ann')],
    ['role', sampleRole('300', 'Batch')],
  ] as const;
  return { caller, directory: directoryOf(OWN, [...people, ...records]), facts, tagsOf: async () => tags };
}

test('the account itself may do everything with what is its own', async () => {
  for (const resources of [[], [key()], [key(), key()]]) {
    const decision = await authorise(asking(root), resources);
    assert.deepEqual(decision, { allowed: true, reasons: ['root of the account'] });
  }
});

test('one resource of another account refuses the whole call, and is named', async () => {
  const foreign = key('1000000000000002');
  for (const resources of [[foreign], [key(), foreign], [foreign, key('1')]]) {
    const decision = await authorise(asking(root), resources);
    assert.equal(decision.allowed, false);
    assert.equal(decision.refused, foreign.ask);
    assert.ok(decision.reasons.length > 0);
  }
  for (const owner of ['', `${OWN} `, `0${OWN}`]) {
    assert.equal((await authorise(asking(root), [key(owner)])).allowed, false);
  }
});

test('a user may what its policies say, and is told what refused', async () => {
  const allowed = attachedPolicy('Crypto', USER, { Effect: 'Allow', Action: 'kms:Decrypt', Resource: '*' });
  assert.deepEqual(await authorise(asking(ann, allowed), [key()]), { allowed: true, reasons: ['Crypto#1'] });
  const implicit = await authorise(asking(ann, allowed), [key(OWN, 'kms:Encrypt')]);
  assert.deepEqual(implicit.detail, {
    AuthAction: 'kms:Encrypt',
    AuthPrincipalType: 'SubUser',
    AuthPrincipalOwnerId: OWN,
    AuthPrincipalDisplayName: '200',
    NoPermissionType: 'ImplicitDeny',
    PolicyType: 'AccountLevelIdentityBasedPolicy',
  });
  const denied = attachedPolicy('No', USER, { Effect: 'Deny', Action: 'kms:*', Resource: '*' });
  const explicit = await authorise(asking(ann, [...allowed, ...denied]), [key()]);
  assert.deepEqual([explicit.allowed, explicit.detail?.NoPermissionType], [false, 'ExplicitDeny']);
  assert.deepEqual(explicit.reasons, ['No#1']);
  assert.equal((await authorise(asking(ann), [key()])).allowed, false);
});

test('the tag condition of the guide: with the tag, without, with another value', async () => {
  const records = attachedPolicy('Apollo', USER, APOLLO);
  const may = async (...tags: Tag[]) => (await authorise(asking(ann, records, tags), [key()])).allowed;
  assert.equal(await may({ tagKey: 'Project', tagValue: 'apollo' }), true);
  assert.equal(await may(), false);
  assert.equal(await may({ tagKey: 'Project', tagValue: 'Gemini' }), false);
  assert.equal(await may({ tagKey: 'project', tagValue: 'Apollo' }), false);
});

test('tags are asked for only where a policy speaks of them', async () => {
  const records = attachedPolicy('All', USER, { Effect: 'Allow', Action: '*', Resource: '*' });
  const never = { ...asking(ann, records), tagsOf: () => assert.fail('asked') };
  assert.equal((await authorise(never, [key()])).allowed, true);
});

test('a session may what its role may and its session policy allows', async () => {
  const records = attachedPolicy(
    'All',
    { kind: 'role', id: '300' },
    { Effect: 'Allow', Action: 'kms:*', Resource: '*' },
  );
  assert.equal((await authorise(asking(batch, records), [key()])).allowed, true);
  assert.equal((await authorise(asking(batch), [key()])).allowed, false);
  const narrow = JSON.stringify({
    Version: '1',
    Statement: [{ Effect: 'Allow', Action: 'kms:Encrypt', Resource: '*' }],
  });
  const sessionPolicy = { name: 'session policy', policy: parsePolicy(narrow, 'session') };
  const session = asking({ ...batch, sessionPolicy }, records);
  assert.equal((await authorise(session, [key(OWN, 'kms:Encrypt')])).allowed, true);
  const refused = await authorise(session, [key()]);
  assert.deepEqual([refused.allowed, refused.detail?.PolicyType], [false, 'SessionPolicy']);
});

test('the policy of a key takes part, for the account itself too', async () => {
  const policyOf = (Effect: string, principal: string, Action = 'kms:*') => {
    const Statement = [{ Effect, Principal: { RAM: [principal] }, Action, Resource: '*' }];
    return { name: 'default', policy: parsePolicy(JSON.stringify({ Version: '1', Statement }), 'key') };
  };
  const withPolicy = (policy: NamedResource['policy'], action?: string) => key(OWN, action, { policy });
  const admitsAnn = policyOf('Allow', `acs:ram::${OWN}:user/ann`);
  assert.equal((await authorise(asking(ann), [withPolicy(admitsAnn)])).allowed, true);
  const deniesAll = policyOf('Deny', `acs:ram::${OWN}:*`);
  assert.equal((await authorise(asking(root), [withPolicy(deniesAll)])).allowed, false);
  assert.equal((await authorise(asking(root), [withPolicy(deniesAll, 'kms:SetKeyPolicy')])).allowed, true);
});

test('of many statements that allow, or deny, the first are told and the others counted', async () => {
  for (const Effect of ['Allow', 'Deny']) {
    const statements = Array.from({ length: 50 }, () => ({ Effect, Action: '*', Resource: '*' }));
    const { reasons } = await authorise(asking(ann, attachedPolicy('Many', USER, ...statements)), [key()]);
    assert.deepEqual([reasons.length, reasons[0], reasons[16]], [17, 'Many#1', 'and 34 more']);
  }
});

test('what a request carries for conditions', () => {
  const parameters = {
    EncryptionContext: JSON.parse('{"app":"demo","__proto__":"odd"}'),
    SourceEncryptionContext: { app: 'source' },
    Tags: [{ TagKey: 'a', TagValue: '1' }],
    ExternalId: 'e-1',
  };
  const tags = [{ tagKey: 'Project', tagValue: 'Apollo' }];
  const of = (name: string, of = '', action = 'kms:Encrypt', caller: Caller = ann) =>
    contextOf({ action, facts: { ...facts, parameters }, caller, tags })({ name, of });
  assert.equal(of('acs:currenttime'), '1970-01-01T00:00:00.000Z');
  assert.equal(of('acs:securetransport'), 'true');
  assert.equal(of('acs:sourceip'), '203.0.113.9');
  assert.equal(of('acs:principalarn'), `acs:ram:*:${OWN}:user/ann`);
  assert.equal(of('acs:principalarn', '', 'a:b', batch), `acs:ram:*:${OWN}:role/Batch`);
  assert.equal(of('acs:requesttag/', 'a'), '1');
  assert.equal(of('acs:requesttag/', 'b'), undefined);
  assert.equal(of('kms:tag/', 'Project'), 'Apollo');
  assert.equal(of('acs:resourcetag/', 'Project'), 'Apollo');
  assert.equal(of('kms:tag/', 'project'), undefined);
  assert.equal(of('kms:encryptioncontext:', 'app'), 'demo');
  assert.equal(of('kms:encryptioncontext:', 'app', 'kms:ReEncryptFrom'), 'source');
  assert.equal(of('kms:encryptioncontext:', 'app', 'kms:ReEncryptTo'), undefined);
  assert.equal(of('kms:encryptioncontext:', '__proto__'), 'odd');
  assert.equal(of('kms:encryptioncontext:', 'toString'), undefined);
  assert.equal(of('sts:externalid'), 'e-1');
  assert.equal(of('acs:mfapresent'), undefined);
  assert.equal(of('__proto__'), undefined);
});
