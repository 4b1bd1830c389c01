import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { after, test } from 'node:test';
import { AccessKeys } from '../access/access-keys.ts';
import { DomainKey } from '../keys/domain-key.ts';
import { SecretBytes } from '../secret-bytes.ts';
import { emptyStores, testDirectory } from '../store/conformance/sqlite-files.ts';
import type { Store } from '../store/store.ts';
import { ensureFirstAccount } from './first-account.ts';

const openEmpty = emptyStores(testDirectory());
const domainKey = new DomainKey(new SecretBytes(randomBytes(32)));
const stores: Store[] = [];
after(() => Promise.all(stores.map((store) => store.close())));

async function newPlace() {
  const { store, file } = await openEmpty();
  stores.push(store);
  return { ports: { store, domainKey, now: 5 }, pairFile: `${file}.pair.json` };
}
const NOTHING = { accountId: undefined, rootAccessKey: undefined };
const PAIR = { id: 'LTAIgiven', secret: 'given secret' };

test('the first start makes up a pair and keeps it in a file for the owner alone', async () => {
  const { ports, pairFile } = await newPlace();
  const made = await ensureFirstAccount(ports, NOTHING, pairFile);
  assert.ok(made);
  assert.deepEqual(JSON.parse(readFileSync(pairFile, 'utf8')), made);
  assert.equal(statSync(pairFile).mode & 0o777, 0o600);
  assert.ok(await new AccessKeys(domainKey, ports.store.accounts).find(made.AccessKeyId));
  assert.equal(await ensureFirstAccount(ports, NOTHING, pairFile), undefined, 'a later start makes nothing');
  assert.equal((await ports.store.accounts.list()).length, 1);
});

test('a pair that is given is taken and written nowhere', async () => {
  const { ports, pairFile } = await newPlace();
  const config = { accountId: '1000000000000001', rootAccessKey: PAIR };
  const made = await ensureFirstAccount(ports, config, pairFile);
  assert.deepEqual(made, { AccountId: config.accountId, AccessKeyId: PAIR.id, AccessKeySecret: PAIR.secret });
  assert.ok(!existsSync(pairFile));
});

test('a start cut short between file and database is taken up', async () => {
  const [cut, next] = [await newPlace(), await newPlace()];
  const made = await ensureFirstAccount(cut.ports, NOTHING, cut.pairFile);
  assert.deepEqual(await ensureFirstAccount(next.ports, NOTHING, cut.pairFile), made);
  assert.ok(made && (await next.ports.store.accounts.findAccessKey(made.AccessKeyId)));
});

test('a file that holds no pair is named, kept, and nothing is made', async () => {
  for (const text of [
    '',
    '{',
    '[]',
    'null',
    '{"AccountId":"1","AccessKeyId":"a"}',
    '{"AccessKeySecret":1}',
  ]) {
    const { ports, pairFile } = await newPlace();
    writeFileSync(pairFile, text);
    await assert.rejects(ensureFirstAccount(ports, NOTHING, pairFile), (error: Error) => {
      return error.name === 'StartError' && error.message.includes(pairFile);
    });
    assert.equal(readFileSync(pairFile, 'utf8'), text);
    assert.deepEqual(await ports.store.accounts.list(), []);
  }
});

test('later the account id must be one that is there', async () => {
  const { ports, pairFile } = await newPlace();
  await ensureFirstAccount(ports, { accountId: '1000000000000001', rootAccessKey: PAIR }, pairFile);
  const again = (accountId: string | undefined) =>
    ensureFirstAccount(ports, { accountId, rootAccessKey: PAIR }, pairFile);
  assert.equal(await again('1000000000000001'), undefined);
  assert.equal(await again(undefined), undefined);
  await assert.rejects(again('1000000000000002'), {
    name: 'StartError',
    message: /KEYHOLD_ACCOUNT_ID.*1000000000000001/,
  });
});
