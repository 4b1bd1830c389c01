import { readFile } from 'node:fs/promises';
import { AccessKeys } from '../access/access-keys.ts';
import { dataPaths } from '../files/data-paths.ts';
import { exists } from '../files/exists.ts';
import { parseCiphertext } from '../keys/ciphertext.ts';
import { DomainKey } from '../keys/domain-key.ts';
import type { Engine } from '../keys/engine.ts';
import type { Key, KeyVersion } from '../keys/key.ts';
import { SoftwareEngine } from '../keys/software-engine.ts';
import { labelOf } from '../keys/token-engine.ts';
import { Directories } from '../ram/directories.ts';
import { openByAnyWay } from '../root/open-domain-key.ts';
import { type RootKeyChoice, RootKeys } from '../root/root-keys.ts';
import { openSqliteStore } from '../store/open-store.ts';
import type { Keys, Store } from '../store/store.ts';
import { readAnchor } from '../trail/anchor.ts';
import { TrailPublicKey } from '../trail/checkpoints/public-key.ts';
import { readRemembered } from '../trail/checkpoints/remembered.ts';
import { openSigningKey } from '../trail/checkpoints/signing-key.ts';
import { verifyTrail } from '../trail/verify.ts';
import { allKeyIds, integrityOf } from './database.ts';

const PAGE = 500;
const CANARY = Buffer.from('canary of a backup');
const CONTEXT = { purpose: 'verification of a backup' };
/** As many are worth reading. */
const MOST_PROBLEMS = 20;

export interface Verified {
  readonly accounts: number;
  readonly accessKeys: number;
  readonly keys: number;
  /** In software; opened, and each has sealed and opened a message. */
  readonly versions: number;
  /** Imported material that was erased or has expired. */
  readonly withoutMaterial: number;
  /** Their material is in a token: no backup holds it. What says where it is there was opened. */
  readonly tokenKeys: readonly string[];
  readonly entries: number;
  /** What is wrong; the first of them. */
  readonly problems: readonly string[];
}

/**
 * Tries everything in a data directory on which no server runs: that every key has a version to encrypt with, that
 * every version opens under the root key and works, that access keys and RAM are as they were sealed, and that the
 * trail is whole. Throws StartError where nothing opens at all.
 */
export async function verifyData(directory: string, rootKey: RootKeyChoice): Promise<Verified> {
  const paths = dataPaths(directory);
  const problems = [...integrityOf(paths.database)];
  const tried = async (what: string, work: () => Promise<unknown>): Promise<void> => {
    try {
      await work();
    } catch (error) {
      if (problems.length < MOST_PROBLEMS)
        problems.push(`${what}: ${(error as Error).message || String(error)}`);
    }
  };
  const store = await openSqliteStore(paths.database);
  try {
    const domainKey = await openDomainKey(store, rootKey, paths.database);
    const keys = await verifyKeys(store, paths.database, domainKey, tried);
    const accounts = await verifyAccounts(store, domainKey, tried);
    let entries = 0;
    await tried('the trail', async () => {
      entries = await verifyOwnTrail(store, domainKey, paths);
    });
    return { ...accounts, ...keys, entries, problems };
  } finally {
    await store.close();
  }
}

type Tried = (what: string, work: () => Promise<unknown>) => Promise<void>;

async function openDomainKey(store: Store, rootKey: RootKeyChoice, path: string): Promise<DomainKey> {
  await using rootKeys = new RootKeys(rootKey);
  using secret = await openByAnyWay(store.settings, rootKeys, path);
  return new DomainKey(secret);
}

async function verifyKeys(
  { keys: store }: Store,
  path: string,
  domainKey: DomainKey,
  tried: Tried,
): Promise<Pick<Verified, 'keys' | 'versions' | 'withoutMaterial' | 'tokenKeys'>> {
  const engine = new SoftwareEngine(domainKey, Date.now);
  let [keys, versions, withoutMaterial] = [0, 0, 0];
  const tokenKeys: string[] = [];
  for (const keyId of allKeyIds(path)) {
    const key = await store.find(keyId);
    if (key === undefined) continue;
    keys++;
    const isInToken = key.protectionLevel === 'HSM';
    if (isInToken) tokenKeys.push(keyId);
    let hasPrimary = false;
    for await (const { keyVersionId, wrappedMaterial } of versionsOf(store, keyId)) {
      if (wrappedMaterial === null) {
        withoutMaterial++;
        continue;
      }
      hasPrimary ||= keyVersionId === key.primaryVersionId;
      await tried(`version ${keyVersionId} of key ${keyId}`, async () =>
        isInToken
          ? labelOf(domainKey, key, keyVersionId, wrappedMaterial)
          : tryVersion(engine, key, keyVersionId, wrappedMaterial),
      );
      if (!isInToken) versions++;
    }
    // Only a key whose material is imported may be without, and says so.
    const needsOne = key.primaryVersionId !== null || key.origin !== 'EXTERNAL';
    if (needsOne && !hasPrimary) {
      await tried(`key ${keyId}`, async () => {
        throw new Error(`its primary version ${key.primaryVersionId ?? '(none)'} is missing`);
      });
    }
  }
  return { keys, versions, withoutMaterial, tokenKeys };
}

async function* versionsOf(store: Keys, keyId: string): AsyncGenerator<KeyVersion, void, undefined> {
  for (let offset = 0; ; offset += PAGE) {
    const { rows } = await store.listVersions(keyId, { offset, limit: PAGE });
    yield* rows;
    if (rows.length < PAGE) return;
  }
}

async function tryVersion(engine: Engine, key: Key, keyVersionId: string, kept: Uint8Array): Promise<void> {
  const material = await engine.open(key, keyVersionId, kept);
  const blob = await material.encrypt(CANARY, CONTEXT);
  const opened = await material.decrypt(parseCiphertext('CiphertextBlob', blob.toString('base64')), CONTEXT);
  if (!opened.equals(CANARY)) throw new Error('what it encrypts it does not decrypt');
}

async function verifyAccounts(
  store: Store,
  domainKey: DomainKey,
  tried: Tried,
): Promise<Pick<Verified, 'accounts' | 'accessKeys'>> {
  const directories = new Directories(domainKey, store.ram);
  const opener = new AccessKeys(domainKey, store.accounts);
  const accounts = await store.accounts.list();
  let accessKeys = 0;
  for (const { accountId } of accounts) {
    await tried(`account ${accountId}`, () => directories.get(accountId));
    for (const { accessKeyId } of (await store.ram.load(accountId)).accessKeys) {
      accessKeys++;
      await tried(`access key ${accessKeyId}`, () => opener.find(accessKeyId));
    }
  }
  return { accounts: accounts.length, accessKeys };
}

async function verifyOwnTrail(
  { settings }: Store,
  domainKey: DomainKey,
  paths: ReturnType<typeof dataPaths>,
): Promise<number> {
  const anchor = await readAnchor(settings);
  const remembered = await readRemembered(settings);
  let publicKey: TrailPublicKey | undefined;
  if (await exists(paths.trailPublicKey)) {
    publicKey = new TrailPublicKey(await readFile(paths.trailPublicKey, 'utf8'));
    const own = await openSigningKey(settings, domainKey);
    if (own.publicKey.pem !== publicKey.pem) throw new Error('its public key is not that of the database');
  }
  const proof = publicKey && { publicKey, remembered };
  const verdict = await verifyTrail(paths.trail, { anchor, proof });
  if (!verdict.ok) throw new Error(verdict.message);
  return verdict.head.seq;
}
