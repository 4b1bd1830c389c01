import { foldAscii } from '../access/policy/fold.ts';
import type { NamedPolicy } from '../access/policy/policy.ts';
import type { AccessKey, RamRows } from '../store/store.ts';
import { compiledKeyPolicy, compiledPolicy, compiledTrustPolicy } from './compiled.ts';
import type { Directory } from './directory.ts';
import { findPolicy } from './policy.ts';
import type {
  Attachment,
  CustomPolicy,
  Group,
  KeyPolicy,
  OidcProvider,
  PolicyType,
  RecordKind,
  Records,
  Role,
  TrailRecord,
  User,
} from './records.ts';
import type { AnyRecord } from './rows.ts';

const NONE: readonly never[] = [];

/** A directory with an index for each question; what is compiled, when first asked for. */
export class LoadedDirectory implements Directory {
  readonly accountId: string;
  readonly revision: number;
  readonly attachments: readonly Attachment[];
  readonly trails: readonly TrailRecord[];
  readonly #users: Named<User>;
  readonly #groups: Named<Group>;
  readonly #roles: Named<Role>;
  readonly #policies: Named<CustomPolicy>;
  readonly #oidcProviders: Named<OidcProvider>;
  readonly #usersById: ReadonlyMap<string, User>;
  readonly #rolesById: ReadonlyMap<string, Role>;
  readonly #groupsOf = new Map<string, Group[]>();
  readonly #attachmentsTo: ReadonlyMap<string, readonly Attachment[]>;
  readonly #attachmentsOf: ReadonlyMap<string, readonly Attachment[]>;
  readonly #keyPolicies: ReadonlyMap<string, KeyPolicy>;
  readonly #accessKeys: ReadonlyMap<string, AccessKey>;
  readonly #accessKeysOf: ReadonlyMap<string, readonly AccessKey[]>;
  readonly #policiesOf = new Map<string, readonly NamedPolicy[]>();

  constructor(loaded: Pick<RamRows, 'accountId' | 'revision' | 'accessKeys'>, records: readonly AnyRecord[]) {
    this.accountId = loaded.accountId;
    this.revision = loaded.revision;
    this.#users = new Named(ofKind(records, 'user'), ({ userName }) => userName);
    this.#groups = new Named(ofKind(records, 'group'), ({ groupName }) => groupName);
    this.#roles = new Named(ofKind(records, 'role'), ({ roleName }) => roleName);
    this.#policies = new Named(ofKind(records, 'policy'), ({ policyName }) => policyName);
    this.#oidcProviders = new Named(ofKind(records, 'oidc-provider'), ({ providerName }) => providerName);
    this.#usersById = new Map(this.users.map((user) => [user.userId, user]));
    this.#rolesById = new Map(this.roles.map((role) => [role.roleId, role]));
    for (const group of this.groups) {
      for (const { userId } of group.members) push(this.#groupsOf, userId, group);
    }
    this.attachments = ofKind(records, 'attachment').toSorted((a, b) => a.attachedAt - b.attachedAt);
    this.#attachmentsTo = Map.groupBy(this.attachments, ({ target }) => `${target.kind} ${target.id}`);
    this.#attachmentsOf = Map.groupBy(this.attachments, ({ policyType, policyName }) =>
      nameOfPolicy(policyType, policyName),
    );
    this.trails = ofKind(records, 'trail').toSorted((a, b) => (a.trailName < b.trailName ? -1 : 1));
    this.#keyPolicies = new Map(ofKind(records, 'key-policy').map((policy) => [policy.keyId, policy]));
    const accessKeys = loaded.accessKeys.toSorted((a, b) => a.createdAt - b.createdAt);
    this.#accessKeys = new Map(accessKeys.map((accessKey) => [accessKey.accessKeyId, accessKey]));
    this.#accessKeysOf = Map.groupBy(accessKeys, ({ owner }) => owner);
  }

  get users(): readonly User[] {
    return this.#users.all;
  }

  user(name: string): User | undefined {
    return this.#users.get(name);
  }

  userById(userId: string): User | undefined {
    return this.#usersById.get(userId);
  }

  get groups(): readonly Group[] {
    return this.#groups.all;
  }

  group(name: string): Group | undefined {
    return this.#groups.get(name);
  }

  groupsOf(userId: string): readonly Group[] {
    return this.#groupsOf.get(userId) ?? NONE;
  }

  get roles(): readonly Role[] {
    return this.#roles.all;
  }

  role(name: string): Role | undefined {
    return this.#roles.get(name);
  }

  roleById(roleId: string): Role | undefined {
    return this.#rolesById.get(roleId);
  }

  get policies(): readonly CustomPolicy[] {
    return this.#policies.all;
  }

  policy(name: string): CustomPolicy | undefined {
    return this.#policies.get(name);
  }

  attachmentsTo(kind: Attachment['target']['kind'], id: string): readonly Attachment[] {
    return this.#attachmentsTo.get(`${kind} ${id}`) ?? NONE;
  }

  attachmentsOf(type: PolicyType, policyName: string): readonly Attachment[] {
    return this.#attachmentsOf.get(nameOfPolicy(type, policyName)) ?? NONE;
  }

  get oidcProviders(): readonly OidcProvider[] {
    return this.#oidcProviders.all;
  }

  oidcProvider(name: string): OidcProvider | undefined {
    return this.#oidcProviders.get(name);
  }

  accessKey(accessKeyId: string): AccessKey | undefined {
    return this.#accessKeys.get(accessKeyId);
  }

  accessKeysOf(owner: string): readonly AccessKey[] {
    return this.#accessKeysOf.get(owner) ?? NONE;
  }

  policiesOfUser(userId: string): readonly NamedPolicy[] {
    return this.#once(`user ${userId}`, () => [
      ...this.attachmentsTo('user', userId),
      ...this.groupsOf(userId).flatMap(({ groupId }) => this.attachmentsTo('group', groupId)),
    ]);
  }

  policiesOfRole(roleId: string): readonly NamedPolicy[] {
    return this.#once(`role ${roleId}`, () => this.attachmentsTo('role', roleId));
  }

  keyPolicy(keyId: string): NamedPolicy | undefined {
    const policy = this.#keyPolicies.get(keyId);
    return policy && compiledKeyPolicy(policy);
  }

  keyPolicyText(keyId: string): string | undefined {
    return this.#keyPolicies.get(keyId)?.document;
  }

  trustPolicyOf(role: Role): NamedPolicy {
    return compiledTrustPolicy(this.accountId, role);
  }

  /** A policy that comes by several ways counts once. */
  #once(name: string, attachments: () => readonly Attachment[]): readonly NamedPolicy[] {
    const known = this.#policiesOf.get(name);
    if (known !== undefined) return known;
    const policies = [...new Set(attachments().map((attachment) => this.#compiled(attachment)))];
    this.#policiesOf.set(name, policies);
    return policies;
  }

  /** Never skipped: it may deny. */
  #compiled({ policyType, policyName }: Attachment): NamedPolicy {
    const policy = findPolicy(this, policyType, policyName);
    if (policy !== undefined) return compiledPolicy(this.accountId, policy);
    throw new Error(
      `account ${this.accountId}: the ${policyType} policy ${policyName} is attached but not there`,
    );
  }
}

const nameOfPolicy = (type: PolicyType, policyName: string): string => `${type} ${foldAscii(policyName)}`;

function ofKind<K extends RecordKind>(records: readonly AnyRecord[], kind: K): readonly Records[K][] {
  return records.flatMap(([of, record]) => (of === kind ? [record as Records[K]] : []));
}

function push<T>(lists: Map<string, T[]>, name: string, value: T): void {
  const list = lists.get(name);
  if (list === undefined) lists.set(name, [value]);
  else list.push(value);
}

/** Found without regard to case, and listed in the order of the names without case. */
class Named<T> {
  readonly all: readonly T[];
  readonly #byName: ReadonlyMap<string, T>;

  constructor(values: readonly T[], nameOf: (value: T) => string) {
    const named = values.map((value) => [foldAscii(nameOf(value)), value] as const);
    named.sort(([a], [b]) => (a < b ? -1 : 1));
    this.all = named.map(([, value]) => value);
    this.#byName = new Map(named);
  }

  get(name: string): T | undefined {
    return this.#byName.get(foldAscii(name));
  }
}
