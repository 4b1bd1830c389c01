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

/** A trail of ActionTrail: what to deliver where. How far that got is no record. */
export interface TrailRecord {
  readonly trailName: string;
  /** Where it was made, and where alone it can be changed. */
  readonly region: string;
  /** Whose events: `All`, or region ids separated by commas. */
  readonly trailRegion: string;
  readonly eventRw: 'Write' | 'Read' | 'All';
  readonly bucket: string;
  readonly keyPrefix: string;
  readonly writeRoleArn: string;
  /** Oldest first; without those that were delivered to their end, but for the last. None: Fresh. */
  readonly runs: readonly TrailRun[];
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly startedAt: number | null;
  readonly stoppedAt: number | null;
}

/** From StartLogging to StopLogging, in numbers of the audit trail's lines. */
export interface TrailRun {
  /** The last line before, and the segment it stands in. */
  readonly after: number;
  readonly segment: number;
  readonly end: {
    readonly seq: number;
    /** The request of StopLogging, whose entry comes after and is delivered as the last. */
    readonly requestId: string;
  } | null;
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
  readonly trail: TrailRecord;
}

export type RecordKind = keyof Records;
