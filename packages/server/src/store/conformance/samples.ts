import { randomUUID } from 'node:crypto';
import type { Key, KeyVersion } from '../../keys/key.ts';
import type { AccessKey, Account, Alias, Home, RamChange, Store } from '../store.ts';

export const HOME: Home = { accountId: '1000000000000001', region: 'cn-hangzhou' };
export const OTHER_REGION: Home = { ...HOME, region: 'cn-beijing' };
export const FIRST_PAGE = { offset: 0, limit: 100 };
export const NO_QUOTA = Number.MAX_SAFE_INTEGER;

/** Texts that break what splices them into SQL, and what reads them as anything but text. */
export const HOSTILE_TEXTS = [
  `'; drop table keys; --`,
  `" or "1"="1`,
  `') or 1=1 --`,
  '?1 :name $1 @p %s',
  'back\\slash `tick` %_*[a-z]',
  'line\nbreak\ttab',
  'ключ 密钥 🔑 e\u0301 \u202etxt',
  '',
] as const;

export function sampleKey(changes: Partial<Key> = {}): Key {
  return {
    keyId: randomUUID(),
    ...HOME,
    revision: 1,
    state: 'Enabled',
    description: '',
    keySpec: 'Aliyun_AES_256',
    keyUsage: 'ENCRYPT/DECRYPT',
    origin: 'Aliyun_KMS',
    protectionLevel: 'SOFTWARE',
    creator: HOME.accountId,
    createdAt: 1_700_000_000_000,
    deleteAt: null,
    materialExpiresAt: null,
    primaryVersionId: null,
    lastRotationAt: null,
    rotationInterval: null,
    nextRotationAt: null,
    deletionProtection: false,
    deletionProtectionDescription: '',
    ...changes,
  };
}

export const sampleVersion = (keyId: string, changes: Partial<KeyVersion> = {}): KeyVersion => ({
  keyId,
  keyVersionId: randomUUID(),
  createdAt: 1_700_000_000_000,
  wrappedMaterial: new Uint8Array([0, 1, 2, 255]),
  fingerprint: null,
  ...changes,
});

export const sampleAlias = (keyId: string, aliasName: string, changes: Partial<Alias> = {}): Alias => ({
  ...HOME,
  aliasName,
  keyId,
  createdAt: 1_700_000_000_000,
  ...changes,
});

export const sampleAccount = (changes: Partial<Account> = {}): Account => ({
  accountId: HOME.accountId,
  name: 'first',
  createdAt: 1_700_000_000_000,
  ...changes,
});

export const sampleAccessKey = (changes: Partial<AccessKey> = {}): AccessKey => ({
  accessKeyId: 'LTAIexample0001',
  accountId: HOME.accountId,
  owner: 'root',
  status: 'Active',
  createdAt: 1_700_000_000_000,
  wrappedSecret: new Uint8Array([9, 8, 7]),
  mac: new Uint8Array(32).fill(3),
  ...changes,
});

export const NO_RAM_CHANGE: RamChange = { put: [], remove: [], putAccessKeys: [], removeAccessKeys: [] };

/** Stores a key without version or tags. */
export async function storedKey(store: Store, changes: Partial<Key> = {}): Promise<Key> {
  const key = sampleKey(changes);
  await store.keys.create(key, null, [], NO_QUOTA);
  return key;
}
