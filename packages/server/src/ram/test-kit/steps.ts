import * as fc from 'fast-check';
import type { PolicyType } from '../records.ts';

const name: fc.Arbitrary<string> = fc.constantFrom('a', 'A', 'b', 'B', 'c');
const groupName: fc.Arbitrary<string> = fc.constantFrom('a', 'A', 'g1', 'g2', 'g3', 'g4', 'g5', 'g6');
const policyName: fc.Arbitrary<string> = fc.constantFrom('p0', 'P0', 'p1', 'p2', 'p3', 'p4', 'p5', 'p6');
const versionId: fc.Arbitrary<string> = fc.constantFrom('v1', 'v2', 'v3', 'v4', 'v5', 'v6', 'v7');
const keyId: fc.Arbitrary<string> = fc.constantFrom('root', 'k1', 'k2', 'k3');
/** Null is the account itself. */
const owner = fc.option(name);

export interface Target {
  readonly kind: 'user' | 'group' | 'role';
  readonly name: string;
}

const target: fc.Arbitrary<Target> = fc.oneof(
  fc.record({ kind: fc.constantFrom('user' as const, 'role' as const), name }),
  fc.record({ kind: fc.constant('group' as const), name: groupName }),
);

export interface PolicyRef {
  readonly policyType: PolicyType;
  readonly policyName: string;
}

const policy: fc.Arbitrary<PolicyRef> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ policyType: fc.constant('Custom' as const), policyName }) },
  fc.record({
    policyType: fc.constant('System' as const),
    policyName: fc.constantFrom('AdministratorAccess', 'administratoraccess', 'p0'),
  }),
);

const does = <const D extends string>(value: D) => fc.constant(value);

/** One change of RAM, with few enough names that they meet. */
export const step = fc.oneof(
  { weight: 3, arbitrary: fc.record({ do: does('make user'), name }) },
  fc.record({ do: does('rename user'), name, to: name }),
  fc.record({ do: does('remove user'), name }),
  { weight: 4, arbitrary: fc.record({ do: does('make group'), name: groupName }) },
  fc.record({ do: does('rename group'), name: groupName, to: groupName }),
  fc.record({ do: does('remove group'), name: groupName }),
  { weight: 9, arbitrary: fc.record({ do: does('join'), user: name, group: groupName }) },
  { weight: 2, arbitrary: fc.record({ do: does('leave'), user: name, group: groupName }) },
  { weight: 5, arbitrary: fc.record({ do: does('make policy'), name: policyName }) },
  fc.record({ do: does('remove policy'), name: policyName, cascading: fc.boolean() }),
  {
    weight: 9,
    arbitrary: fc.record({
      do: does('add version'),
      name: policyName,
      setAsDefault: fc.boolean(),
      rotate: fc.boolean(),
    }),
  },
  fc.record({ do: does('default version'), name: policyName, versionId }),
  fc.record({ do: does('remove version'), name: policyName, versionId }),
  { weight: 2, arbitrary: fc.record({ do: does('make role'), name }) },
  fc.record({ do: does('remove role'), name }),
  { weight: 12, arbitrary: fc.record({ do: does('attach'), policy, target }) },
  { weight: 2, arbitrary: fc.record({ do: does('detach'), policy, target }) },
  { weight: 4, arbitrary: fc.record({ do: does('make key'), owner, keyId }) },
  { weight: 2, arbitrary: fc.record({ do: does('switch key'), owner, keyId, active: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ do: does('remove key'), owner, keyId }) },
);

export type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;
