/** The metadata of a customer master key, as the store keeps it. Times are milliseconds since 1970, UTC. */
export interface Key {
  readonly keyId: string;
  readonly accountId: string;
  readonly region: string;
  /** Counts changes; a change names the revision it was made from. */
  readonly revision: number;
  readonly state: KeyState;
  readonly description: string;
  readonly keySpec: string;
  readonly keyUsage: KeyUsage;
  readonly origin: Origin;
  readonly protectionLevel: ProtectionLevel;
  readonly creator: string;
  readonly createdAt: number;
  /** Set in PendingDeletion only. */
  readonly deleteAt: number | null;
  /** Of imported material; null: never, or there is none. */
  readonly materialExpiresAt: number | null;
  /** Null while there is no material. */
  readonly primaryVersionId: string | null;
  /** When the newest version was made. */
  readonly lastRotationAt: number | null;
  /** Seconds; null: no automatic rotation. */
  readonly rotationInterval: number | null;
  /** `lastRotationAt` and the interval; null without automatic rotation. */
  readonly nextRotationAt: number | null;
  readonly deletionProtection: boolean;
  readonly deletionProtectionDescription: string;
}

export type KeyState = 'Enabled' | 'Disabled' | 'PendingDeletion' | 'PendingImport';
export type KeyUsage = 'ENCRYPT/DECRYPT' | 'SIGN/VERIFY';
export type Origin = 'Aliyun_KMS' | 'EXTERNAL';
export type ProtectionLevel = 'SOFTWARE' | 'HSM';

/** One version of a key: what its engine keeps of its material, bound to its identity. */
export interface KeyVersion {
  readonly keyId: string;
  readonly keyVersionId: string;
  readonly createdAt: number;
  /** Null once imported material was erased. */
  readonly wrappedMaterial: Uint8Array | null;
  /** Of imported material, keyed; stays when the material goes, so that only the same may come back. */
  readonly fingerprint: Uint8Array | null;
}

/**
 * The key as it is now, to answer and to decide by, never to be stored: imported material is gone from its expiry on,
 * whether or not the job has erased it yet, and is there again where the clock was wrong.
 */
export function asOf(key: Key, now: number): Key {
  if (key.materialExpiresAt === null || key.materialExpiresAt > now) return key;
  const state = key.state === 'PendingDeletion' ? key.state : 'PendingImport';
  return { ...key, state, primaryVersionId: null };
}
