import assert from 'node:assert/strict';
import { test } from 'node:test';
import { combine, type Question } from './combine.ts';
import { parsePolicy } from './parse.ts';
import type { NamedPolicy, PolicyKind, Principal } from './policy.ts';

const HOME = '1111222233334444';
const AWAY = '5555666677778888';
const root: Principal = { type: 'root-account', accountId: HOME };
const user: Principal = { type: 'ram-user', accountId: HOME, userName: 'alice' };
const role: Principal = { type: 'assumed-role', accountId: HOME, roleName: 'batch' };

/** What a policy says about the request: `A` allows, `D` denies, both, or `-` is silent. */
type Says = 'A' | 'D' | 'AD' | '-';

function saying(says: Says, kind: PolicyKind): NamedPolicy {
  const body = {
    ...(kind === 'trust' ? {} : { Resource: '*' }),
    ...(kind === 'trust' || kind === 'key' ? { Principal: { RAM: `acs:ram::${HOME}:*` } } : {}),
  };
  const statements = [
    ...(says.includes('A') ? [{ Effect: 'Allow', Action: 'kms:*', ...body }] : []),
    ...(says.includes('D') ? [{ Effect: 'Deny', Action: 'kms:*', ...body }] : []),
    { Effect: 'Allow', Action: 'kms:Nothing', ...body },
  ];
  return { name: kind, policy: parsePolicy(JSON.stringify({ Version: '1', Statement: statements }), kind) };
}

interface Row {
  readonly who: Principal;
  readonly owner?: string;
  readonly identity?: Says;
  readonly session?: Says;
  readonly key?: Says;
  readonly trust?: Says;
}

function decide({ who, owner = HOME, identity, session, key, trust }: Row, action = 'kms:Encrypt') {
  const resource = key ? saying(key, 'key') : trust ? saying(trust, 'trust') : undefined;
  const question: Question = {
    request: {
      action,
      resource: `acs:kms:cn-hangzhou:${owner}:key/1`,
      principal: who,
      context: () => undefined,
    },
    owner,
    identity: identity ? [saying(identity, 'identity')] : [],
    ...(session ? { session: saying(session, 'session') } : {}),
    ...(resource ? { resource } : {}),
  };
  return combine(question);
}

const IDENTITY = 'AccountLevelIdentityBasedPolicy';

/** RAM document 5.2 and 6: the decision, and the PolicyType of a refusal. */
const ROWS: readonly (readonly [Row, 'Allow' | 'ExplicitDeny' | 'ImplicitDeny', (string | undefined)?])[] = [
  // The account and its own.
  [{ who: root }, 'Allow'],
  [{ who: root, key: '-' }, 'Allow'],
  [{ who: root, key: 'D' }, 'ExplicitDeny', undefined],
  [{ who: root, key: 'AD' }, 'ExplicitDeny', undefined],
  // The account elsewhere, and as one who assumes a role.
  [{ who: root, owner: AWAY }, 'ImplicitDeny', IDENTITY],
  [{ who: root, owner: AWAY, key: 'A' }, 'ImplicitDeny', IDENTITY],
  [{ who: root, trust: 'A' }, 'ImplicitDeny', IDENTITY],
  // A user at home: either allows, neither denies.
  [{ who: user }, 'ImplicitDeny', IDENTITY],
  [{ who: user, identity: 'A' }, 'Allow'],
  [{ who: user, identity: 'D' }, 'ExplicitDeny', IDENTITY],
  [{ who: user, identity: 'AD' }, 'ExplicitDeny', IDENTITY],
  [{ who: user, identity: '-' }, 'ImplicitDeny', IDENTITY],
  [{ who: user, identity: 'A', key: '-' }, 'Allow'],
  [{ who: user, identity: '-', key: 'A' }, 'Allow'],
  [{ who: user, key: 'A' }, 'Allow'],
  [{ who: user, identity: 'A', key: 'D' }, 'ExplicitDeny', undefined],
  [{ who: user, identity: 'D', key: 'A' }, 'ExplicitDeny', IDENTITY],
  [{ who: user, identity: '-', key: '-' }, 'ImplicitDeny', IDENTITY],
  // A user elsewhere: both allow.
  [{ who: user, owner: AWAY, identity: 'A' }, 'ImplicitDeny', undefined],
  [{ who: user, owner: AWAY, key: 'A' }, 'ImplicitDeny', IDENTITY],
  [{ who: user, owner: AWAY, identity: 'A', key: 'A' }, 'Allow'],
  [{ who: user, owner: AWAY, identity: 'A', key: '-' }, 'ImplicitDeny', undefined],
  [{ who: user, owner: AWAY, identity: '-', key: 'A' }, 'ImplicitDeny', IDENTITY],
  [{ who: user, owner: AWAY, identity: 'A', key: 'AD' }, 'ExplicitDeny', undefined],
  [{ who: user, owner: AWAY, identity: 'AD', key: '-' }, 'ExplicitDeny', IDENTITY],
  // Assuming a role: both allow, also at home.
  [{ who: user, identity: 'A', trust: 'A' }, 'Allow'],
  [{ who: user, identity: 'A', trust: '-' }, 'ImplicitDeny', 'AssumeRolePolicy'],
  [{ who: user, identity: '-', trust: 'A' }, 'ImplicitDeny', IDENTITY],
  [{ who: user, identity: 'A', trust: 'D' }, 'ExplicitDeny', 'AssumeRolePolicy'],
  [{ who: user, owner: AWAY, identity: 'A', trust: 'A' }, 'Allow'],
  [{ who: user, owner: AWAY, identity: 'A', trust: '-' }, 'ImplicitDeny', 'AssumeRolePolicy'],
  [{ who: role, identity: 'A', trust: 'A' }, 'Allow'],
  // A session: never more than its policy.
  [{ who: role, identity: 'A' }, 'Allow'],
  [{ who: role, identity: 'A', session: 'A' }, 'Allow'],
  [{ who: role, identity: 'A', session: '-' }, 'ImplicitDeny', 'SessionPolicy'],
  [{ who: role, identity: 'A', session: 'AD' }, 'ExplicitDeny', 'SessionPolicy'],
  [{ who: role, identity: '-', session: 'A' }, 'ImplicitDeny', IDENTITY],
  [{ who: role, identity: 'D', session: 'A' }, 'ExplicitDeny', IDENTITY],
  [{ who: role, key: 'A', session: '-' }, 'ImplicitDeny', 'SessionPolicy'],
  [{ who: role, key: 'A', session: 'A' }, 'Allow'],
  [{ who: role, identity: 'A', trust: 'A', session: '-' }, 'ImplicitDeny', 'SessionPolicy'],
  [{ who: role, owner: AWAY, identity: 'A', session: 'A' }, 'ImplicitDeny', undefined],
];

for (const [row, decision, policyType] of ROWS) {
  const { who, owner = HOME, ...policies } = row;
  test(`${who.type} ${owner === HOME ? 'at home' : 'elsewhere'} with ${JSON.stringify(policies)}: ${decision}`, () => {
    const found = decide(row);
    assert.equal(found.decision, decision);
    const denied = {
      NoPermissionType: decision,
      ...(policyType === undefined ? {} : { PolicyType: policyType }),
    };
    assert.deepEqual(found.denied, decision === 'Allow' ? undefined : denied);
  });
}

test('the account can always change the policy of its key, in any spelling, and nobody else can', () => {
  for (const action of ['kms:SetKeyPolicy', 'KMS:setkeypolicy']) {
    assert.equal(decide({ who: root, key: 'D' }, action).decision, 'Allow');
    assert.equal(decide({ who: user, identity: 'A', key: 'D' }, action).decision, 'ExplicitDeny');
    assert.equal(decide({ who: root, owner: AWAY, key: 'A' }, action).decision, 'ImplicitDeny');
  }
  assert.equal(decide({ who: root, key: 'D' }, 'kms:Set\u212aeyPolicy').decision, 'ExplicitDeny');
});

test('a decision names its rule, and the statements of every policy that decided', () => {
  const names = (row: Row) => {
    const { rule, reasons } = decide(row);
    return [
      rule,
      ...reasons.map(({ source, policy, statement, effect }) => `${source} ${policy} ${statement} ${effect}`),
    ];
  };
  assert.deepEqual(names({ who: root }), ['the account owns the resource']);
  assert.deepEqual(names({ who: root, owner: AWAY }), ['the account has no rights here']);
  assert.deepEqual(names({ who: role, identity: 'A', session: 'A', key: 'A' }), [
    'the identity or the resource policy must allow',
    'identity identity 0 Allow',
    'session session 0 Allow',
    'resource key 0 Allow',
  ]);
  assert.deepEqual(names({ who: user, identity: 'AD', trust: 'AD' }), [
    'the identity and the resource policy must allow',
    'identity identity 1 Deny',
    'resource trust 1 Deny',
  ]);
  assert.deepEqual(names({ who: role, identity: 'A', session: 'D' }), [
    'the session policy must allow',
    'session session 0 Deny',
  ]);
  assert.deepEqual(names({ who: user, owner: AWAY, identity: 'A' }), [
    'the identity and the resource policy must allow',
  ]);
});

const bearer: Principal = { type: 'oidc-user', accountId: HOME, providerName: 'ci' };

test('of the bearer of a token the trust policy alone decides, and only that of its own account', () => {
  const trusts = (name: string, account = HOME): NamedPolicy => {
    const Federated = `acs:ram::${account}:oidc-provider/${name}`;
    const Statement = [{ Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Federated } }];
    return { name: 'trust', policy: parsePolicy(JSON.stringify({ Version: '1', Statement }), 'trust') };
  };
  const decideFor = (resource: NamedPolicy | undefined, more: Partial<Question> = {}) => {
    const request = { action: 'sts:AssumeRole', resource: '*', principal: bearer, context: () => undefined };
    return combine({ request, owner: HOME, identity: [], ...(resource && { resource }), ...more });
  };
  const allowed = decideFor(trusts('CI'));
  assert.deepEqual([allowed.decision, allowed.rule], ['Allow', 'the trust policy must allow']);
  assert.equal(allowed.reasons[0]?.source, 'resource');
  for (const denied of [
    decideFor(trusts('other')),
    decideFor(trusts('ci', AWAY)),
    decideFor(trusts('ci'), { owner: AWAY }),
    decideFor(undefined),
    decideFor(undefined, { identity: [saying('A', 'identity')] }),
    decideFor(saying('A', 'trust')),
    decideFor(saying('A', 'key')),
  ]) {
    assert.equal(denied.decision, 'ImplicitDeny');
    assert.deepEqual(denied.denied, { NoPermissionType: 'ImplicitDeny', PolicyType: 'AssumeRolePolicy' });
  }
});
