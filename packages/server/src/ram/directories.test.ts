import assert from 'node:assert/strict';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { cached } from '../store/cached-store.ts';
import { sampleAccount } from '../store/conformance/samples.ts';
import { emptyStores, testDirectory } from '../store/conformance/sqlite-files.ts';
import { openSqliteStore } from '../store/open-store.ts';
import { Conflict } from '../store/store.ts';
import { attach } from './attachments.ts';
import { Directories } from './directories.ts';
import type { Directory } from './directory.ts';
import { join, makeGroup } from './groups.ts';
import { makePolicy } from './policies.ts';
import { setDefaultVersion } from './policy-versions.ts';
import { makeRole } from './roles.ts';
import {
  ACCOUNT,
  allowing,
  newDomainKey,
  sampleGroup,
  samplePolicy,
  sampleRole,
  sampleUser,
  sealedAccessKey,
  TIME,
} from './test-kit/samples.ts';
import { makeUser } from './users.ts';

const openEmpty = emptyStores(testDirectory());
const domainKey = newDomainKey();
const rootKey = sealedAccessKey(domainKey, 'LTAIroot');

/** One account, on a real database behind the cache, as a server has it. */
async function setUp() {
  const { store: database, file } = await openEmpty();
  const clock = { now: 0 };
  const limits = { keys: 9, versions: 9, aliases: 9, accessKeys: 9, clock: () => clock.now };
  const store = cached(database, limits);
  await store.accounts.create(sampleAccount({ accountId: ACCOUNT }), rootKey);
  const directories = new Directories(domainKey, store.ram);
  const close = () => database.close();
  return { store, directories, file, clock, [Symbol.asyncDispose]: close };
}

const addUser = (directories: Directories, name: string) =>
  directories.change(ACCOUNT, (directory) => makeUser(directory, sampleUser(name)));

test('a change is seen at once, and the same directory is handed out until the next one', async () => {
  await using place = await setUp();
  const { directories } = place;
  assert.deepEqual((await directories.get(ACCOUNT)).users, []);
  const ann = await addUser(directories, 'ann');
  const before = await directories.get(ACCOUNT);
  assert.deepEqual([before.revision, before.user('ANN')], [1, ann]);
  assert.equal(await directories.get(ACCOUNT), before);
  await addUser(directories, 'bob');
  const after = await directories.get(ACCOUNT);
  assert.deepEqual(
    after.users.map(({ userName }) => userName),
    ['ann', 'bob'],
  );
  assert.deepEqual(before.users, [ann], 'a directory never changes');
  assert.equal(after.user('ann'), before.user('ann'), 'what did not change is not read again');
});

test('an account that does not exist has an empty directory', async () => {
  await using place = await setUp();
  const directory = await place.directories.get('9');
  assert.deepEqual([directory.users, directory.accessKeysOf('root'), directory.revision], [[], [], 0]);
});

test('a plan that refuses changes nothing, nor one that plans nothing', async () => {
  await using place = await setUp();
  await addUser(place.directories, 'ann');
  await assert.rejects(addUser(place.directories, 'Ann'), { code: 'EntityAlreadyExists.User' });
  assert.equal(await place.directories.change(ACCOUNT, () => ({ result: 7 })), 7);
  assert.equal((await place.directories.get(ACCOUNT)).revision, 1);
});

test('many changes at once are all made, one after the other', async () => {
  await using place = await setUp();
  const names = Array.from({ length: 40 }, (_, i) => `user${i}`);
  const outcomes = await Promise.allSettled([
    ...names.map((name) => addUser(place.directories, name)),
    addUser(place.directories, 'USER7'),
  ]);
  assert.equal(outcomes.filter(({ status }) => status === 'rejected').length, 1);
  const directory = await place.directories.get(ACCOUNT);
  assert.deepEqual([directory.users.length, directory.revision], [40, 40]);
});

test('where another process is faster, the change is a conflict, and then sees what it did', async () => {
  await using place = await setUp();
  await addUser(place.directories, 'ann');
  const elsewhere = await openSqliteStore(place.file);
  const other = new Directories(domainKey, elsewhere.ram);
  const racing = place.directories.change(ACCOUNT, async (directory) => {
    await addUser(other, 'bob');
    return makeUser(directory, sampleUser('bob'));
  });
  await assert.rejects(racing, Conflict);
  await assert.rejects(addUser(place.directories, 'bob'), { code: 'EntityAlreadyExists.User' });
  await addUser(other, 'carl');
  assert.equal((await place.directories.get(ACCOUNT)).user('carl'), undefined);
  place.clock.now += 250;
  assert.ok((await place.directories.get(ACCOUNT)).user('carl'));
  await elsewhere.close();
});

test('access keys are made, switched and removed with the rest', async () => {
  await using place = await setUp();
  const { directories, store } = place;
  const pair = { id: 'LTAInew', secret: 'a new secret' };
  const make = { do: 'make', pair, owner: 'id of ann', createdAt: TIME } as const;
  await directories.change(ACCOUNT, () => ({ result: undefined, accessKey: make }));
  const made = (await directories.get(ACCOUNT)).accessKeysOf('id of ann')[0] ?? assert.fail();
  assert.deepEqual(await store.accounts.findAccessKey('LTAInew'), made);
  assert.ok(!Buffer.from(made.wrappedSecret).includes('a new secret'));

  const off = { do: 'switch', accessKey: made, status: 'Inactive' } as const;
  await directories.change(ACCOUNT, () => ({ result: undefined, accessKey: off }));
  assert.equal((await directories.get(ACCOUNT)).accessKey('LTAInew')?.status, 'Inactive');
  assert.equal((await store.accounts.findAccessKey('LTAInew'))?.status, 'Inactive');

  const gone = { do: 'remove', accessKeyId: 'LTAInew' } as const;
  await directories.change(ACCOUNT, () => ({ result: undefined, accessKey: gone }));
  assert.equal((await directories.get(ACCOUNT)).accessKey('LTAInew'), undefined);
  assert.equal(await store.accounts.findAccessKey('LTAInew'), undefined);
  assert.ok((await directories.get(ACCOUNT)).accessKey('LTAIroot'));
});

test('rows edited in the database are refused at the next load, and the account is named', async () => {
  const edits = [
    `update ram_rows set value = replace(value, 'ann', 'eve') where kind = 'user'`,
    `update ram_rows set id = 'x' where kind = 'user'`,
    `delete from ram_rows where kind = 'user'`,
    `delete from ram_rows`,
    `insert into ram_rows select account_id, 'user', 'x', value from ram_rows where kind = 'user'`,
    `update ram_heads set revision = revision + 1`,
    `update ram_heads set mac = x'00'`,
    `delete from ram_heads`,
    `update access_keys set status = 'Inactive'`,
    `delete from access_keys`,
  ];
  for (const edit of edits) {
    await using place = await setUp();
    await addUser(place.directories, 'ann');
    await place.directories.get(ACCOUNT);
    const database = new DatabaseSync(place.file);
    database.exec(edit);
    database.close();
    place.clock.now += 250;
    await assert.rejects(place.directories.get(ACCOUNT), new RegExp(ACCOUNT), edit);
    await assert.rejects(addUser(place.directories, 'bob'), new RegExp(ACCOUNT), edit);
  }
});

test('policies of users and roles: default versions, of groups too, each once, compiled once', async () => {
  await using place = await setUp();
  const { directories } = place;
  const change = (plan: Parameters<typeof directories.change<unknown>>[1]) =>
    directories.change(ACCOUNT, plan);
  const give = (
    policyType: 'System' | 'Custom',
    policyName: string,
    kind: 'user' | 'group' | 'role',
    name: string,
  ) => change((directory) => attach(directory, { policyType, policyName, kind, name }, TIME));
  const versions = ['kms:Encrypt', 'kms:Decrypt'].map((action, i) => ({
    versionId: `v${i + 1}`,
    document: allowing(action),
    createdAt: TIME,
  }));
  await addUser(directories, 'ann');
  await change((directory) => makeGroup(directory, sampleGroup('g')));
  await change((directory) => join(directory, { userName: 'ann', groupName: 'g' }, TIME));
  await change((directory) => makeRole(directory, sampleRole('r')));
  await change((directory) => makePolicy(directory, samplePolicy('Own', { versions, nextVersion: 3 })));
  await give('Custom', 'own', 'user', 'ann');
  await give('Custom', 'own', 'group', 'g');
  await give('System', 'aliyunkmsfullaccess', 'group', 'g');
  await give('System', 'AdministratorAccess', 'role', 'r');

  const named = (directory: Directory) => directory.policiesOfUser('id of ann').map(({ name }) => name);
  const own = `acs:ram:*:${ACCOUNT}:policy/Own`;
  const before = await directories.get(ACCOUNT);
  assert.deepEqual(named(before), [own, 'acs:ram:*:system:policy/AliyunKMSFullAccess']);
  assert.equal(before.policiesOfUser('id of ann'), before.policiesOfUser('id of ann'));
  assert.deepEqual(
    before.policiesOfRole('id of r').map(({ name }) => name),
    ['acs:ram:*:system:policy/AdministratorAccess'],
  );
  assert.deepEqual(before.policiesOfUser('nobody'), []);
  const role = before.role('R') ?? assert.fail();
  assert.equal(before.trustPolicyOf(role).policy.kind, 'trust');

  const allowsDecrypt = (directory: Directory) =>
    directory
      .policiesOfUser('id of ann')[0]
      ?.policy.statements[0]?.action.patterns.some((matches) => matches('kms:decrypt'));
  assert.equal(allowsDecrypt(before), false);
  await change((directory) => setDefaultVersion(directory, 'own', 'v2', TIME));
  const after = await directories.get(ACCOUNT);
  assert.equal(allowsDecrypt(after), true);
  assert.equal(after.policiesOfUser('id of ann')[1], before.policiesOfUser('id of ann')[1]);
  assert.equal(after.trustPolicyOf(role), before.trustPolicyOf(role));
});
