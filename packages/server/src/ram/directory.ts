import type { NamedPolicy } from '../access/policy/policy.ts';
import type { AccessKey } from '../store/store.ts';
import type {
  Attachment,
  CustomPolicy,
  Group,
  OidcProvider,
  PolicyType,
  Role,
  TrailRecord,
  User,
} from './records.ts';

/**
 * All of RAM of one account at one revision: immutable, verified, and never half of a change. Names are found
 * without regard to case (RAM 1) and unique so; lists are in the order of the names, attachments oldest first.
 */
export interface Directory {
  readonly accountId: string;
  readonly revision: number;

  readonly users: readonly User[];
  user(name: string): User | undefined;
  userById(userId: string): User | undefined;

  readonly groups: readonly Group[];
  group(name: string): Group | undefined;
  groupsOf(userId: string): readonly Group[];

  readonly roles: readonly Role[];
  role(name: string): Role | undefined;
  roleById(roleId: string): Role | undefined;

  readonly policies: readonly CustomPolicy[];
  policy(name: string): CustomPolicy | undefined;

  readonly attachments: readonly Attachment[];
  attachmentsTo(kind: Attachment['target']['kind'], id: string): readonly Attachment[];
  attachmentsOf(type: PolicyType, policyName: string): readonly Attachment[];

  readonly oidcProviders: readonly OidcProvider[];
  oidcProvider(name: string): OidcProvider | undefined;

  /** Of every region. */
  readonly trails: readonly TrailRecord[];

  /** Of the account itself (owner `root`) and of its users. */
  accessKey(accessKeyId: string): AccessKey | undefined;
  /** Oldest first. */
  accessKeysOf(owner: string): readonly AccessKey[];

  /** Default versions, compiled once: what is attached to the user and to its groups. */
  policiesOfUser(userId: string): readonly NamedPolicy[];
  policiesOfRole(roleId: string): readonly NamedPolicy[];
  /** What SetKeyPolicy stored for a key of the account, compiled; undefined where nothing was. */
  keyPolicy(keyId: string): NamedPolicy | undefined;
  keyPolicyText(keyId: string): string | undefined;
  /** The trust policy, compiled. */
  trustPolicyOf(role: Role): NamedPolicy;
}
