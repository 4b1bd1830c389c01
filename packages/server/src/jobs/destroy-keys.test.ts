import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sealAccessKey } from '../access/access-keys.ts';
import { softwareToken } from '../hsm/software-token.ts';
import { DomainKey } from '../keys/domain-key.ts';
import type { Engines } from '../keys/engine.ts';
import { Keyring } from '../keys/keyring.ts';
import { SoftwareEngine } from '../keys/software-engine.ts';
import { TokenEngine } from '../keys/token-engine.ts';
import { VersionUses } from '../keys/version-uses.ts';
import { Directories } from '../ram/directories.ts';
import { SecretBytes } from '../secret-bytes.ts';
import { NO_QUOTA, sampleAccount, sampleKey } from '../store/conformance/samples.ts';
import { emptyStores, testDirectory } from '../store/conformance/sqlite-files.ts';
import { destroyKeys } from './destroy-keys.ts';

const openStore = emptyStores(testDirectory());
const domainKey = new DomainKey(new SecretBytes(Buffer.alloc(32, 7)));
const DUE = { state: 'PendingDeletion', deleteAt: 1 } as const;

/** An HSM key and a key in software that are due together, the latter with a policy. */
async function setUp(hsm: Engines) {
  const { store } = await openStore();
  const engines = { SOFTWARE: new SoftwareEngine(domainKey, Date.now), ...hsm };
  const keyring = new Keyring(engines, store.keys, new VersionUses(store.keys, Date.now));
  const ram = new Directories(domainKey, store.ram);
  const inHsm = sampleKey({ ...DUE, protectionLevel: 'HSM' });
  const inSoftware = sampleKey(DUE);
  for (const key of [inHsm, inSoftware]) await store.keys.create(key, null, [], NO_QUOTA);
  const { accountId, keyId } = inSoftware;
  const fields = { accessKeyId: 'LTAI', accountId, owner: 'root', status: 'Active', createdAt: 0 } as const;
  const accessKey = sealAccessKey(domainKey, fields, new SecretBytes(Buffer.from('secret')));
  await store.accounts.create(sampleAccount({ accountId }), accessKey);
  await ram.change(accountId, () => ({
    result: undefined,
    put: [['key-policy', { keyId, document: '{}', updatedAt: 0 }] as const],
  }));
  const failures: unknown[] = [];
  const ports = { store, keyring, ram, onFailure: (error: unknown) => failures.push(error) };
  const policy = async () => (await ram.get(accountId)).keyPolicyText(keyId);
  return { store, ports, failures, inHsm, inSoftware, policy };
}

test('keys whose HSM is not set up any more are destroyed with the others, and stay condemned', async () => {
  const { store, ports, failures, inHsm, inSoftware, policy } = await setUp({});
  const outcomes = await destroyKeys.work(ports, [inHsm, inSoftware], 1);
  assert.deepEqual(new Set(outcomes.keys()), new Set([inHsm.keyId, inSoftware.keyId]));
  assert.deepEqual([await policy(), failures], [undefined, []]);
  assert.deepEqual(await store.keys.listCondemned(9), [{ keyId: inHsm.keyId, revision: 1 }]);
});

test('keys are destroyed with what a token has of them, and a token that fails keeps nobody', async () => {
  const token = softwareToken();
  const engine = new TokenEngine(token, domainKey, ['cn-hangzhou'], Date.now);
  const { store, ports, failures, inHsm, inSoftware, policy } = await setUp({ HSM: engine });
  await engine.generate(inHsm, 'v');
  token.list = async () => {
    throw new Error('on purpose');
  };
  assert.equal((await destroyKeys.work(ports, [inHsm, inSoftware], 1)).size, 2);
  assert.deepEqual([await policy(), failures.length], [undefined, 1]);
  assert.equal((await store.keys.listCondemned(9)).length, 1);

  const another = softwareToken();
  const working = await setUp({ HSM: new TokenEngine(another, domainKey, ['cn-hangzhou'], Date.now) });
  await working.ports.keyring.newVersion(working.inHsm, 'v');
  assert.equal((await another.list('')).length, 1);
  await destroyKeys.work(working.ports, [working.inHsm], 1);
  assert.deepEqual([await another.list(''), await working.store.keys.listCondemned(9)], [[], []]);
});
