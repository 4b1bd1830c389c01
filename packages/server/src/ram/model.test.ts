import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApiError } from '@keyhold/api/errors.ts';
import * as fc from 'fast-check';
import { makeAccessKey, removeAccessKey, switchAccessKey } from './access-keys.ts';
import { attach, detach } from './attachments.ts';
import type { Directory } from './directory.ts';
import { changeGroup, join, leave, makeGroup, removeGroup } from './groups.ts';
import type { RamPlan } from './plan.ts';
import { makePolicy, removePolicy } from './policies.ts';
import { addVersion, removeVersion, setDefaultVersion } from './policy-versions.ts';
import { requireUser } from './require.ts';
import { makeRole, removeRole } from './roles.ts';
import { PlainRam } from './test-kit/plain-ram.ts';
import { RamModel } from './test-kit/ram-model.ts';
import {
  allowing,
  newDomainKey,
  sampleGroup,
  samplePolicy,
  sampleRole,
  sampleUser,
  sealedAccessKey,
  TIME,
} from './test-kit/samples.ts';
import { type Step, step } from './test-kit/steps.ts';
import { changeUser, makeUser, removeUser } from './users.ts';

const domainKey = newDomainKey();
const rootKey = sealedAccessKey(domainKey, 'root');

/** Ids are never used again. */
let made = 0;
const newId = () => String(++made);

/** So many that limits are within reach. */
const BEFORE: readonly Step[] = [
  ...['a', 'b'].flatMap((name) => [{ do: 'make user', name } as const, { do: 'make role', name } as const]),
  ...['a', 'g1', 'g2', 'g3', 'g4', 'g5'].map((name) => ({ do: 'make group', name }) as const),
  ...['p0', 'p1', 'p2', 'p3', 'p4', 'p5', 'p6'].map((name) => ({ do: 'make policy', name }) as const),
  ...['g1', 'g2', 'g3', 'g4'].map((group) => ({ do: 'join', user: 'a', group }) as const),
  ...['p0', 'p1', 'p2', 'p3'].flatMap((policyName) =>
    (['group', 'role'] as const).map((kind) => {
      const policy = { policyType: 'Custom', policyName } as const;
      return { do: 'attach', policy, target: { kind, name: 'a' } } as const;
    }),
  ),
];

test('any sequence of changes does what a naive model does', () => {
  const seen = new Set<string>();
  const property = fc.property(fc.array(step, { minLength: 30, maxLength: 150 }), (steps) => {
    const [ram, model] = [new PlainRam(domainKey, rootKey), new RamModel()];
    for (const each of [...BEFORE, ...steps]) {
      const expected = model.apply(each);
      seen.add(expected);
      assert.equal(outcome(ram, each), expected, JSON.stringify(each));
      assert.deepEqual(lines(ram.directory), model.lines(), JSON.stringify(each));
    }
  });
  fc.assert(property, { numRuns: 100 });
  // A model whose every step is refused would prove nothing.
  assert.ok(seen.size >= 28, [...seen].join());
});

function outcome(ram: PlainRam, each: Step): string {
  try {
    const plan = planOf(ram.directory, each);
    if (plan !== undefined) ram.do(plan);
    return 'done';
  } catch (error) {
    if (error instanceof ApiError) return error.code;
    throw error;
  }
}

function planOf(directory: Directory, each: Step): RamPlan<unknown> | undefined {
  const ownerOf = (name: string | null) => (name === null ? 'root' : requireUser(directory, name).userId);
  switch (each.do) {
    case 'make user':
      return makeUser(directory, sampleUser(each.name, { userId: newId() }));
    case 'rename user':
      return changeUser(directory, each.name, { userName: each.to });
    case 'remove user':
      return removeUser(directory, each.name);
    case 'make group':
      return makeGroup(directory, sampleGroup(each.name, { groupId: newId() }));
    case 'rename group':
      return changeGroup(directory, each.name, { groupName: each.to });
    case 'remove group':
      return removeGroup(directory, each.name);
    case 'join':
      return join(directory, { userName: each.user, groupName: each.group }, TIME);
    case 'leave':
      return leave(directory, { userName: each.user, groupName: each.group });
    case 'make role':
      return makeRole(directory, sampleRole(each.name, { roleId: newId() }));
    case 'remove role':
      return removeRole(directory, each.name);
    case 'make policy':
      return makePolicy(directory, samplePolicy(each.name));
    case 'remove policy':
      return removePolicy(directory, each.name, each.cascading);
    case 'add version': {
      const { name: policyName, setAsDefault, rotate } = each;
      return addVersion(directory, { policyName, document: allowing('*'), setAsDefault, rotate }, TIME);
    }
    case 'default version':
      return setDefaultVersion(directory, each.name, each.versionId, TIME);
    case 'remove version':
      return removeVersion(directory, each.name, each.versionId, TIME);
    case 'attach':
      return attach(directory, { ...each.policy, ...each.target }, TIME);
    case 'detach':
      return detach(directory, { ...each.policy, ...each.target });
    case 'make key': {
      const pair = { id: each.keyId, secret: 's' };
      const plan = makeAccessKey(directory, {
        do: 'make',
        pair,
        owner: ownerOf(each.owner),
        createdAt: TIME,
      });
      return directory.accessKey(each.keyId) ? undefined : plan;
    }
    case 'switch key': {
      const status = each.active ? 'Active' : 'Inactive';
      return switchAccessKey(directory, ownerOf(each.owner), each.keyId, status);
    }
    case 'remove key':
      return removeAccessKey(directory, ownerOf(each.owner), each.keyId);
  }
}

const NAMES = {
  user: (directory: Directory, id: string) => directory.userById(id)?.userName,
  group: (directory: Directory, id: string) =>
    directory.groups.find(({ groupId }) => groupId === id)?.groupName,
  role: (directory: Directory, id: string) => directory.roleById(id)?.roleName,
};

/** As `RamModel.lines` has it, from every list of the directory; and what is listed is found. */
function lines(directory: Directory): string[] {
  const { users, groups, roles, policies, attachments } = directory;
  for (const user of users) assert.equal(directory.user(user.userName.toUpperCase()), user);
  for (const { userId } of users) {
    const inGroups = groups.filter(({ members }) => members.some((member) => member.userId === userId));
    assert.deepEqual(directory.groupsOf(userId), inGroups);
  }
  for (const attachment of attachments) {
    const { policyType, policyName, target } = attachment;
    assert.ok(directory.attachmentsOf(policyType, policyName.toUpperCase()).includes(attachment));
    assert.ok(directory.attachmentsTo(target.kind, target.id).includes(attachment));
  }
  const keys = ['root', ...users.map(({ userId }) => userId)].flatMap((owner) =>
    directory.accessKeysOf(owner),
  );
  return [
    ...users.map(({ userName }) => `user ${userName}`),
    ...groups.flatMap(({ groupName, members }) => [
      `group ${groupName}`,
      ...members.map(({ userId }) => `${NAMES.user(directory, userId)} in ${groupName}`),
    ]),
    ...roles.map(({ roleName }) => `role ${roleName}`),
    ...policies.map(({ policyName, versions, defaultVersion }) => {
      const ids = versions.map(({ versionId }) => versionId);
      return `policy ${policyName} ${ids.join()} ${defaultVersion}`;
    }),
    ...attachments.map(({ policyType, policyName, target: { kind, id } }) => {
      return `${policyType} ${policyName} to ${kind} ${NAMES[kind](directory, id)}`;
    }),
    ...keys.map(({ accessKeyId, owner, status }) => {
      const name = owner === 'root' ? owner : NAMES.user(directory, owner);
      return `key ${accessKeyId} of ${name} ${status === 'Active'}`;
    }),
  ].sort();
}

test('an account holds so many users, groups, roles and policies, and no more', () => {
  const named = (count: number) => Array.from({ length: count }, (_, i) => `n${i}`);
  const kinds = [
    ['LimitExceeded.User', 1000, 'user', sampleUser, makeUser],
    ['LimitExceeded.Group', 50, 'group', sampleGroup, makeGroup],
    ['LimitExceeded.Role', 1000, 'role', sampleRole, makeRole],
    ['LimitExceeded.Policy', 1500, 'policy', samplePolicy, makePolicy],
  ] as const;
  for (const [code, most, kind, sample, make] of kinds) {
    const ram = new PlainRam(domainKey, rootKey);
    // Each row is right in itself; what the rows have in common is more than the compiler sees.
    const put = named(most - 1).map((name) => [kind, sample(name)] as never);
    ram.do({ result: undefined, put });
    const plan = (name: string) => make(ram.directory, sample(name) as never) as RamPlan<unknown>;
    ram.do(plan('last'));
    assert.throws(() => plan('more'), { code }, code);
    assert.throws(() => plan('LAST'), { code: code.replace('LimitExceeded', 'EntityAlreadyExists') });
  }
});
