/** What RAM remembers of an account. Dates are milliseconds since 1970. Ids are never used again, names are. */

export interface User {
  readonly userId: string;
  readonly userName: string;
  readonly displayName: string;
  readonly mobilePhone: string;
  readonly email: string;
  readonly comments: string;
  readonly createdAt: number;
  readonly updatedAt: number;
}

export interface Group {
  readonly groupId: string;
  readonly groupName: string;
  readonly comments: string;
  readonly createdAt: number;
  readonly updatedAt: number;
  /** Ids of its users, with when they joined. */
  readonly members: readonly { readonly userId: string; readonly joinedAt: number }[];
}

export interface Role {
  readonly roleId: string;
  readonly roleName: string;
  readonly description: string;
  /** The text that was stored. */
  readonly trustPolicy: string;
  readonly maxSessionSeconds: number;
  readonly tags: readonly RamTag[];
  readonly createdAt: number;
  readonly updatedAt: number;
}

/** A policy of the account's own; system policies are a table of the program. */
export interface CustomPolicy {
  readonly policyName: string;
  readonly description: string;
  /** Oldest first; 1 to 5. */
  readonly versions: readonly PolicyVersion[];
  readonly defaultVersion: string;
  /** Number of the next version: numbers are never used again. */
  readonly nextVersion: number;
  readonly tags: readonly RamTag[];
  readonly createdAt: number;
  readonly updatedAt: number;
}

export interface PolicyVersion {
  /** `v1`, `v2`, ... */
  readonly versionId: string;
  /** The text that was stored. */
  readonly document: string;
  readonly createdAt: number;
}

export interface RamTag {
  readonly tagKey: string;
  readonly tagValue: string;
}

export type PolicyType = 'System' | 'Custom';

/** A policy given to a user, a group or a role. */
export interface Attachment {
  readonly policyType: PolicyType;
  readonly policyName: string;
  readonly target: { readonly kind: 'user' | 'group' | 'role'; readonly id: string };
  readonly attachedAt: number;
}

/** An issuer whose tokens may be exchanged for a session (STS). */
export interface OidcProvider {
  readonly providerName: string;
  readonly issuerUrl: string;
  /** Audiences that are accepted. */
  readonly clientIds: readonly string[];
  readonly description: string;
  readonly createdAt: number;
  readonly updatedAt: number;
}

/** The policy of a key (SetKeyPolicy). */
export interface KeyPolicy {
  readonly keyId: string;
  /** The text that was stored. */
  readonly document: string;
  readonly updatedAt: number;
}

/** By kind: what a row of that kind holds. */
export interface Records {
  readonly user: User;
  readonly group: Group;
  readonly role: Role;
  readonly policy: CustomPolicy;
  readonly attachment: Attachment;
  readonly 'oidc-provider': OidcProvider;
  readonly 'key-policy': KeyPolicy;
}

export type RecordKind = keyof Records;
