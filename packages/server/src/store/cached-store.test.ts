import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type CacheLimits, cached } from './cached-store.ts';
import {
  HOME,
  NO_QUOTA,
  NO_RAM_CHANGE,
  sampleAccessKey,
  sampleAccount,
  sampleAlias,
  sampleKey,
  sampleVersion,
} from './conformance/samples.ts';
import { emptyStores, testDirectory } from './conformance/sqlite-files.ts';
import { storeConformance } from './conformance/suite.ts';
import { openSqliteStore } from './open-store.ts';
import type { Store } from './store.ts';

const SMALL: CacheLimits = { keys: 2, versions: 2, aliases: 2, accessKeys: 2, clock: () => 0 };
const LARGE: CacheLimits = { keys: 100, versions: 100, aliases: 100, accessKeys: 100, clock: () => 0 };

const open = emptyStores(testDirectory());

storeConformance('the cached store on SQLite', async () => cached((await open()).store, SMALL));

/** Due for destruction, for the look-ups that only destruction changes. */
const key = sampleKey({ keyId: 'k', state: 'PendingDeletion', deleteAt: 0 });
const changedKey = { ...key, revision: 2, state: 'Disabled' } as const;
const version = sampleVersion('k', { keyVersionId: 'v' });
const bareVersion = { ...version, wrappedMaterial: null };
const alias = sampleAlias('k', 'alias/a');
const tag = { tagKey: 'Project', tagValue: 'Apollo' };
const otherTag = { ...tag, tagValue: 'Gemini' };
const accessKey = sampleAccessKey({ accessKeyId: 'LTAI' });
const inactive = { ...accessKey, status: 'Inactive' } as const;
const { accountId } = accessKey;
const FIRST = { revision: 1, mac: new Uint8Array(32) };
const USER_ROW = { kind: 'user', id: '1', value: '{}' };

/** The hot look-ups, each with a write that changes its answer. */
const LOOKUPS: readonly {
  name: string;
  find: (store: Store) => Promise<unknown>;
  change: (store: Store) => Promise<unknown>;
  after: unknown;
}[] = [
  {
    name: 'a key',
    find: (store) => store.keys.find('k'),
    change: (store) => store.keys.replace(changedKey),
    after: changedKey,
  },
  {
    name: 'a version',
    find: (store) => store.keys.findVersion('k', 'v'),
    change: (store) => store.keys.destroyDue(['k'], 0),
    after: undefined,
  },
  {
    name: 'a version without its material',
    find: (store) => store.keys.findVersion('k', 'v'),
    change: (store) => store.keys.replaceWithVersion(changedKey, bareVersion, 1),
    after: bareVersion,
  },
  {
    name: 'a key with a new version',
    find: (store) => store.keys.find('k'),
    change: (store) => store.keys.replaceWithVersion(changedKey, bareVersion, 1),
    after: changedKey,
  },
  {
    name: 'an alias',
    find: (store) => store.aliases.find(HOME, 'alias/a'),
    change: (store) => store.aliases.retarget(HOME, 'alias/a', 'other'),
    after: { ...alias, keyId: 'other' },
  },
  {
    name: 'a deleted alias',
    find: (store) => store.aliases.find(HOME, 'alias/a'),
    change: (store) => store.aliases.delete(HOME, 'alias/a'),
    after: undefined,
  },
  {
    name: 'the tags of a key',
    find: (store) => store.tags.list('k'),
    change: (store) => store.tags.set(['k'], [otherTag], 10),
    after: [otherTag],
  },
  {
    name: 'tags that are removed',
    find: (store) => store.tags.list('k'),
    change: (store) => store.tags.remove(['k'], 'all'),
    after: [],
  },
  {
    name: 'an access key',
    find: (store) => store.accounts.findAccessKey('LTAI'),
    change: (store) => store.ram.change(accountId, FIRST, { ...NO_RAM_CHANGE, putAccessKeys: [inactive] }),
    after: inactive,
  },
  {
    name: 'a deleted access key',
    find: (store) => store.accounts.findAccessKey('LTAI'),
    change: (store) => store.ram.change(accountId, FIRST, { ...NO_RAM_CHANGE, removeAccessKeys: ['LTAI'] }),
    after: undefined,
  },
  {
    name: 'RAM of an account',
    find: (store) => store.ram.load(accountId),
    change: (store) => store.ram.change(accountId, FIRST, { ...NO_RAM_CHANGE, put: [USER_ROW] }),
    after: { accountId, ...FIRST, rows: [USER_ROW], accessKeys: [accessKey] },
  },
];

for (const { name, find, change, after } of LOOKUPS) {
  test(`${name}: a hit does not ask the store`, async () => {
    const { store, control } = await filled();
    const first = await find(store);
    assert.notEqual(first, undefined);
    const asked = control.asked;
    assert.equal(await find(store), first);
    assert.equal(control.asked, asked);
    await store.close();
  });

  test(`${name}: a read that began before a write does not bring the old value back`, async () => {
    const { store, control } = await filled();
    const gate = Promise.withResolvers<void>();
    control.answersWait = gate.promise;
    const early = find(store);
    control.answersWait = undefined;
    await change(store);
    gate.resolve();
    assert.notDeepEqual(await early, after);
    assert.deepEqual(await find(store), after);
    await store.close();
  });

  test(`${name}: a write that failed after it took effect is seen`, async () => {
    const { store, control } = await filled();
    await find(store);
    control.writesFail = true;
    await assert.rejects(change(store), /lost connection/);
    assert.deepEqual(await find(store), after);
    await store.close();
  });

  test(`${name}: a failed read is not kept`, async () => {
    const { store, control } = await filled();
    control.answersWait = Promise.reject(new Error('lost connection'));
    await assert.rejects(find(store), /lost connection/);
    control.answersWait = undefined;
    assert.notEqual(await find(store), undefined);
    await store.close();
  });

  test(`${name}: what another process writes is seen after 250 ms`, async () => {
    const { store, control, file } = await filled();
    const elsewhere = await openSqliteStore(file);
    const before = await find(store);
    store.changedElsewhere();
    await change(elsewhere);
    control.now += 249;
    assert.deepEqual(await find(store), before);
    control.now += 1;
    assert.deepEqual(await find(store), after);
    assert.equal(store.changedElsewhere(), true);
    assert.equal(store.changedElsewhere(), false);
    await elsewhere.close();
    await store.close();
  });
}

test('that something is missing is not remembered', async () => {
  const { store, file } = await filled();
  assert.equal(await store.keys.find('later'), undefined);
  const elsewhere = await openSqliteStore(file);
  const later = sampleKey({ keyId: 'later' });
  assert.equal((await store.ram.load('2')).accessKeys.length, 0);
  await elsewhere.keys.create(later, null, [], NO_QUOTA);
  const itsKey = sampleAccessKey({ accountId: '2', accessKeyId: 'LTAI2' });
  await elsewhere.accounts.create(sampleAccount({ accountId: '2' }), itsKey);
  assert.deepEqual((await store.ram.load('2')).accessKeys, [itsKey]);
  assert.deepEqual(await store.keys.find('later'), later);
  await elsewhere.close();
  await store.close();
});

test('no more is kept than the limit allows', async () => {
  const { store, control } = await filled(SMALL);
  for (const keyId of ['one', 'two', 'three']) {
    await store.keys.create(sampleKey({ keyId }), null, [], NO_QUOTA);
    await store.keys.find(keyId);
  }
  const asked = control.asked;
  await store.keys.find('three');
  await store.keys.find('two');
  assert.equal(control.asked, asked);
  await store.keys.find('one');
  assert.equal(control.asked, asked + 1);
  await store.close();
});

test('own writes are no changes from elsewhere', async () => {
  const { store } = await filled();
  store.changedElsewhere();
  await store.keys.replace(changedKey);
  assert.equal(store.changedElsewhere(), false);
  await store.close();
});

interface Control {
  /** Look-ups that reached the store. */
  asked: number;
  /** Answers are read at once, and handed out when this is resolved. */
  answersWait: Promise<void> | undefined;
  /** Writes are done, and then reported as failed. */
  writesFail: boolean;
  now: number;
}

/** A cached store with one of everything, on a real one that can be told to be slow or to fail. */
async function filled(limits = LARGE) {
  const control: Control = { asked: 0, answersWait: undefined, writesFail: false, now: 0 };
  const { store: real, file } = await open();
  await real.keys.create(key, version, [tag], NO_QUOTA);
  await real.keys.create(sampleKey({ keyId: 'other' }), null, [], NO_QUOTA);
  await real.aliases.create(alias, NO_QUOTA);
  await real.accounts.create(sampleAccount(), accessKey);

  const answering = async <T>(answer: Promise<T>): Promise<T> => {
    control.asked++;
    const wait = control.answersWait;
    const value = await answer;
    await wait;
    return value;
  };
  const writing = async <T>(write: Promise<T>): Promise<T> => {
    const value = await write;
    if (control.writesFail) throw new Error('lost connection');
    return value;
  };
  const troubled: Store = {
    ...real,
    keys: {
      ...real.keys,
      find: (keyId) => answering(real.keys.find(keyId)),
      findVersion: (keyId, versionId) => answering(real.keys.findVersion(keyId, versionId)),
      replace: (next) => writing(real.keys.replace(next)),
      replaceWithVersion: (next, made, quota) => writing(real.keys.replaceWithVersion(next, made, quota)),
      destroyDue: (keyIds, now) => writing(real.keys.destroyDue(keyIds, now)),
    },
    aliases: {
      ...real.aliases,
      find: (home, aliasName) => answering(real.aliases.find(home, aliasName)),
      retarget: (home, aliasName, keyId) => writing(real.aliases.retarget(home, aliasName, keyId)),
      delete: (home, aliasName) => writing(real.aliases.delete(home, aliasName)),
    },
    accounts: {
      ...real.accounts,
      findAccessKey: (accessKeyId) => answering(real.accounts.findAccessKey(accessKeyId)),
    },
    tags: {
      ...real.tags,
      list: (keyId) => answering(real.tags.list(keyId)),
      set: (...change) => writing(real.tags.set(...change)),
      remove: (...change) => writing(real.tags.remove(...change)),
    },
    ram: {
      ...real.ram,
      load: (id) => answering(real.ram.load(id)),
      change: (...change) => writing(real.ram.change(...change)),
    },
  };
  return { store: cached(troubled, { ...limits, clock: () => control.now }), control, file };
}
