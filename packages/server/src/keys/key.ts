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
  readonly materialExpiresAt: number | null;
  readonly primaryVersionId: string | null;
  readonly lastRotationAt: number | null;
  readonly deletionProtection: boolean;
  readonly deletionProtectionDescription: string;
}

export type KeyState = 'Enabled' | 'Disabled' | 'PendingDeletion' | 'PendingImport';
export type KeyUsage = 'ENCRYPT/DECRYPT' | 'SIGN/VERIFY';
export type Origin = 'Aliyun_KMS' | 'EXTERNAL';
export type ProtectionLevel = 'SOFTWARE' | 'HSM';

/** One version of a key: its material, wrapped under the domain key and bound to its identity. */
export interface KeyVersion {
  readonly keyId: string;
  readonly keyVersionId: string;
  readonly createdAt: number;
  readonly wrappedMaterial: Uint8Array;
}

/** Past its deletion date a key is gone, whether or not the deletion job has removed it yet. */
export function isDestroyed(key: Key, now: number): boolean {
  return key.state === 'PendingDeletion' && key.deleteAt !== null && key.deleteAt <= now;
}
