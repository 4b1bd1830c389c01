import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { evaluate, explain } from './evaluate.ts';
import { parsePolicy } from './parse.ts';
import type { ConditionKey, NamedPolicy, PolicyKind, PolicyRequest, Principal } from './policy.ts';
import { randomCase, seeded } from './random-policies.ts';

const ACCOUNT = '1111222233334444';
const KEY = `acs:kms:cn-hangzhou:${ACCOUNT}:key/1`;
const alice: Principal = { type: 'ram-user', accountId: ACCOUNT, userName: 'alice' };
const tagged = (tags: Readonly<Record<string, string>>) => {
  const values = new Map(Object.entries(tags));
  return ({ name, of }: ConditionKey) => (name === 'kms:tag/' ? values.get(of) : undefined);
};
const request = (changes: Partial<PolicyRequest> = {}): PolicyRequest => ({
  action: 'kms:Encrypt',
  resource: KEY,
  principal: alice,
  context: tagged({}),
  ...changes,
});

function named(name: string, kind: PolicyKind, ...statements: readonly object[]): NamedPolicy {
  return { name, policy: parsePolicy(JSON.stringify({ Version: '1', Statement: statements }), kind) };
}
const allow = { Effect: 'Allow', Action: 'kms:*', Resource: '*' };
const deny = { Effect: 'Deny', Action: 'kms:Encrypt', Resource: '*' };
const apollo = { StringEqualsIgnoreCase: { 'kms:tag/Project': 'Apollo' } };

test('no policy, no permission', () => {
  assert.deepEqual(evaluate([], request()), { decision: 'ImplicitDeny', decidedBy: [] });
});

test('every statement that decided is named, in order', () => {
  const first = named('first', 'identity', { ...allow, Sid: 'a' }, { ...allow, Action: 'ram:*' });
  const second = named(
    'second',
    'identity',
    { ...allow, Effect: 'Allow' },
    { ...deny, Action: 'kms:Decrypt' },
  );
  assert.deepEqual(evaluate([first, second], request()), {
    decision: 'Allow',
    decidedBy: [
      { policy: 'first', statement: 0, sid: 'a', effect: 'Allow' },
      { policy: 'second', statement: 0, sid: undefined, effect: 'Allow' },
    ],
  });
  const third = named('third', 'identity', deny, allow, { ...deny, Sid: 'again' });
  assert.deepEqual(evaluate([first, third, second], request()), {
    decision: 'ExplicitDeny',
    decidedBy: [
      { policy: 'third', statement: 0, sid: undefined, effect: 'Deny' },
      { policy: 'third', statement: 2, sid: 'again', effect: 'Deny' },
    ],
  });
});

test('the explanation names the first element that did not match', () => {
  const identity = named(
    'identity',
    'identity',
    { ...allow, Action: 'kms:Decrypt', Condition: apollo },
    { ...allow, Action: undefined, NotAction: 'kms:*' },
    { ...allow, Resource: `acs:kms:*:*:alias/*` },
    { ...allow, Resource: undefined, NotResource: '*' },
    { ...allow, Condition: { ...apollo, Bool: { 'acs:SecureTransport': 'true' } } },
    { ...allow, Condition: { StringNotEquals: { 'kms:Tag/Owner': 'bob' }, ...apollo } },
    allow,
  );
  const key = named('key', 'key', { ...allow, Principal: { RAM: `acs:ram::${ACCOUNT}:root` } });
  const { decision, notMatched } = explain([identity, key], request());
  assert.equal(decision, 'Allow');
  assert.deepEqual(
    notMatched.map(({ policy, statement, element }) => `${policy} ${statement} ${element}`),
    [
      'identity 0 Action',
      'identity 1 NotAction',
      'identity 2 Resource',
      'identity 3 NotResource',
      'identity 4 Condition.StringEqualsIgnoreCase.kms:tag/Project',
      'identity 5 Condition.StringEqualsIgnoreCase.kms:tag/Project',
      'key 0 Principal',
    ],
  );
});

test('the context is asked only where it decides', () => {
  const asked: string[] = [];
  const context = ({ name, of }: ConditionKey) => {
    asked.push(name + of);
    return undefined;
  };
  const condition = { StringEquals: { 'kms:tag/A': 'x', 'kms:tag/b': 'x' } };
  evaluate(
    [named('p', 'identity', { ...allow, Action: 'ram:*', Condition: condition })],
    request({ context }),
  );
  assert.deepEqual(asked, []);
  evaluate([named('p', 'identity', { ...allow, Condition: condition })], request({ context }));
  assert.deepEqual(asked, ['kms:tag/A']);
});

const TAGS: readonly (readonly [string, object, Readonly<Record<string, string>>, boolean])[] = [
  ['the seed sample', apollo, { Project: 'aPOLLO' }, true],
  ['another tag', apollo, { project: 'Apollo' }, false],
  ['no tag', apollo, {}, false],
  [
    'the key ignores case up to the slash',
    { StringEquals: { 'KMS:TAG/Project': 'a' } },
    { Project: 'a' },
    true,
  ],
  ['colons in the tag key', { StringEquals: { 'kms:tag/acs:Rds:x': 'a' } }, { 'acs:Rds:x': 'a' }, true],
  ['a star in the key is a star', { StringLike: { 'kms:tag/*': '*' } }, { Project: 'a' }, false],
  ['a star in the tag is a star', { StringLike: { 'kms:tag/a': 'b' } }, { a: '*' }, false],
  ['a star in the value of StringEquals', { StringEquals: { 'kms:tag/a': '*' } }, { a: 'b' }, false],
  [
    'no variables',
    { StringEquals: { 'kms:tag/a': `\${acs:PrincipalARN}` } },
    { a: `\${acs:PrincipalARN}` },
    true,
  ],
  ['a negated guard without the tag', { StringNotEquals: { 'kms:tag/a': 'b' } }, {}, true],
  ['the prototype is no tag', { StringLike: { 'kms:tag/constructor': '*' } }, {}, false],
  ['NFD is not NFC', { StringEquals: { 'kms:tag/é': 'a' } }, { 'e\u0301': 'a' }, false],
  [
    'two operators, one fails',
    { ...apollo, Bool: { 'acs:SecureTransport': 'true' } },
    { Project: 'apollo' },
    false,
  ],
  [
    'two spellings of one key both count',
    { StringEquals: { 'kms:tag/a': 'x', 'kms:Tag/a': 'y' } },
    { a: 'x' },
    false,
  ],
];

for (const [name, condition, tags, applies] of TAGS) {
  test(`a condition ${applies ? 'holds' : 'fails'}: ${name}`, () => {
    const policies = [named('p', 'identity', { ...allow, Condition: condition })];
    const { decision } = evaluate(policies, request({ context: tagged(tags) }));
    assert.equal(decision, applies ? 'Allow' : 'ImplicitDeny');
  });
}

const ACTIONS: readonly (readonly [string, string, boolean])[] = [
  ['kms:encrypt', 'kms:Encrypt', true],
  ['KMS:ENCRYPT', 'kms:Encrypt', true],
  ['*:Describe*', 'kms:DescribeKey', true],
  ['kms:ReEncrypt*', 'kms:ReEncryptFrom', true],
  ['kms:?ncrypt', 'kms:Encrypt', true],
  ['kms:Encrypt', 'kms:EncryptX', false],
  ['kms:*', 'kmsx:Encrypt', false],
  ['kms:ListKeys', 'kms:List\u212aeys', false],
];

for (const [pattern, action, applies] of ACTIONS) {
  test(`the action ${pattern} is ${applies ? '' : 'not '}${action}`, () => {
    const { decision } = evaluate(
      [named('p', 'identity', { ...allow, Action: pattern })],
      request({ action }),
    );
    assert.equal(decision, applies ? 'Allow' : 'ImplicitDeny');
  });
}

const OTHER = '5555666677778888';
const IDENTITIES: Readonly<Record<string, Principal>> = {
  root: { type: 'root-account', accountId: ACCOUNT },
  alice,
  role: { type: 'assumed-role', accountId: ACCOUNT, roleName: 'Alice' },
  stranger: { type: 'ram-user', accountId: OTHER, userName: 'alice' },
  bearer: { type: 'oidc-user', accountId: ACCOUNT, providerName: 'alice' },
};

/** Who of root, alice, role, stranger, bearer is meant (RAM document 3.5). */
const PRINCIPALS: readonly (readonly [PolicyKind, object, readonly string[]])[] = [
  ['key', { RAM: [`acs:ram::${ACCOUNT}:root`] }, ['root']],
  ['trust', { RAM: [`acs:ram::${ACCOUNT}:root`] }, ['root', 'alice', 'role']],
  ['key', { RAM: [`acs:ram::${ACCOUNT}:*`] }, ['root', 'alice', 'role']],
  ['key', { RAM: `acs:ram:*:${ACCOUNT}:user/ALICE` }, ['alice']],
  ['trust', { RAM: `acs:ram::${ACCOUNT}:role/alice` }, ['role']],
  ['trust', { RAM: `acs:ram::${ACCOUNT}:role/root` }, []],
  ['key', { RAM: `acs:ram::${ACCOUNT}:user/al\u0131ce` }, []],
  ['key', { RAM: [`acs:ram::${OTHER}:user/alice`, `acs:ram::${ACCOUNT}:root`] }, ['root', 'stranger']],
  ['trust', { Service: 'ecs.aliyuncs.com' }, []],
  ['trust', { Federated: `acs:ram::${ACCOUNT}:oidc-provider/Alice` }, ['bearer']],
  ['trust', { Federated: `acs:ram::${ACCOUNT}:oidc-provider/alice2` }, []],
  ['trust', { Federated: `acs:ram::${ACCOUNT}:saml-provider/alice` }, []],
  ['trust', { Federated: `acs:ram::${OTHER}:oidc-provider/alice` }, []],
  ['trust', { RAM: [`acs:ram::${ACCOUNT}:*`, `acs:ram::${ACCOUNT}:user/alice`] }, ['root', 'alice', 'role']],
];

for (const [kind, principal, meant] of PRINCIPALS) {
  test(`in a ${kind} policy ${JSON.stringify(principal)} is ${meant.join(', ') || 'nobody here'}`, () => {
    const body = kind === 'trust' ? { Effect: 'Allow', Action: '*' } : allow;
    const policies = [named('p', kind, { ...body, Principal: principal })];
    const found = Object.entries(IDENTITIES).filter(
      ([, who]) => evaluate(policies, request({ principal: who })).decision === 'Allow',
    );
    assert.deepEqual(
      found.map(([name]) => name),
      meant,
    );
  });
}

const random = fc.integer().map((seed) => {
  const { policies, request } = randomCase(seeded(seed));
  return {
    request,
    policies: policies.map(({ name, text, kind }) => ({ name, policy: parsePolicy(text, kind) })),
  };
});

test('the order of policies has no meaning', () => {
  fc.assert(
    fc.property(random, random, (a, b) => {
      const one = evaluate([...a.policies, ...b.policies], a.request).decision;
      assert.equal(
        evaluate([...b.policies.toReversed(), ...a.policies.toReversed()], a.request).decision,
        one,
      );
    }),
    { numRuns: 1000 },
  );
});

test('a Deny added takes away and never gives; a policy without Deny never takes away', () => {
  const RANKS = { ExplicitDeny: 0, ImplicitDeny: 1, Allow: 2 };
  fc.assert(
    fc.property(random, random, (a, b) => {
      const only = (effect: string) => ({
        name: effect,
        policy: {
          kind: 'identity' as const,
          statements: b.policies.flatMap(({ policy }) =>
            policy.statements.filter((s) => s.effect === effect),
          ),
        },
      });
      const rank = (policies: readonly NamedPolicy[]) => RANKS[evaluate(policies, a.request).decision];
      assert.ok(rank([...a.policies, only('Deny')]) <= rank(a.policies));
      assert.ok(rank([...a.policies, only('Allow')]) >= rank(a.policies));
    }),
    { numRuns: 1000 },
  );
});

test('the same question has the same answer', () => {
  fc.assert(
    fc.property(random, ({ policies, request }) => {
      assert.deepEqual(evaluate(policies, request), evaluate(policies, request));
    }),
  );
});

test('who asks about a long value with policies of thousands of patterns is denied, and soon', () => {
  const StringLike = { 'kms:tag/Project': Array.from({ length: 700 }, () => '*?b*') };
  const policies = Array.from({ length: 35 }, (_, i) => [
    named(`like ${i}`, 'identity', { ...allow, Condition: { StringLike } }),
    named(`all ${i}`, 'identity', allow),
  ]).flat();
  const asks = (value: string) => evaluate(policies, request({ context: tagged({ Project: value }) }));
  assert.equal(asks('a').decision, 'Allow');
  const start = performance.now();
  assert.equal(asks('a'.repeat(8000)).decision, 'ExplicitDeny');
  assert.ok(performance.now() - start < 1000); // without a bound it takes 5 s on a quiet machine
});
