import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { SecretBytes } from '../secret-bytes.ts';
import { emptyStores, testDirectory } from '../store/conformance/sqlite-files.ts';
import { openSqliteStore } from '../store/open-store.ts';
import type { Store } from '../store/store.ts';
import { openByAnyWay, openDomainKey } from './open-domain-key.ts';
import { newRootKey, rewrap } from './rewrap.ts';
import { DAILY_KINDS, type DailyKind } from './root-key.ts';
import { RootKeys } from './root-keys.ts';
import { newShares } from './shares/recovery-key.ts';
import { readWaysIn } from './ways-in.ts';

const directory = testDirectory();
const openEmpty = emptyStores(directory);
const stores: Store[] = [];
after(() => Promise.all(stores.map((store) => store.close())));

async function newPlace() {
  const { store, file } = await openEmpty();
  stores.push(store);
  const passphraseFile = `${file}.passphrase`;
  writeFileSync(passphraseFile, 'correct horse battery', { mode: 0o600 });
  const choice = { rootKeyFile: `${file}.root-key`, passphraseFile };
  const domainKey = await openDomainKey(store.settings, { ...choice, rootKey: 'file', databasePath: file });
  return { store, file, choice, domainKey };
}
type Place = Awaited<ReturnType<typeof newPlace>>;

const open = async ({ store, choice, file }: Place) => {
  await using rootKeys = new RootKeys(choice);
  return openByAnyWay(store.settings, rootKeys, file);
};
async function rewrapTo(place: Place, kind: DailyKind, removeOld: boolean, choice = place.choice) {
  using domainKey = await open(place);
  await using rootKeys = new RootKeys(choice);
  const how = { replaces: removeOld, removes: removeOld ? DAILY_KINDS : [] };
  return await rewrap(
    place.store,
    domainKey,
    await newRootKey(place.store.settings, rootKeys, kind, how),
    how,
  );
}
const kinds = async ({ store }: Place) => [...(await readWaysIn(store.settings)).wrapped.keys()];
const opensAs = async ({ store, file, choice, domainKey }: Place, rootKey: DailyKind) => {
  const opened = await openDomainKey(store.settings, { ...choice, rootKey, databasePath: file });
  assert.ok(opened.isMac(['x'], domainKey.mac(['x'])), 'the same domain key');
};

test('a second way opens the same domain key, and the first goes only when it is said', async () => {
  const place = await newPlace();
  assert.deepEqual(await rewrapTo(place, 'passphrase', false), { outcome: 'added', removed: [] });
  await opensAs(place, 'file');
  await opensAs(place, 'passphrase');
  assert.deepEqual(await rewrapTo(place, 'passphrase', true), { outcome: 'kept', removed: ['file'] });
  await opensAs(place, 'passphrase');
  await assert.rejects(opensAs(place, 'file'), /root key of kind passphrase, not file/);
  assert.deepEqual(await kinds(place), ['passphrase']);
});

test('another root key of the same kind takes the place of the first only when it is said', async () => {
  const place = await newPlace();
  const rootKeyFile = `${place.file}.second`;
  const other = { ...place, choice: { ...place.choice, rootKeyFile } };
  await assert.rejects(rewrapTo(place, 'file', false, other.choice), /another file is a way in already/);
  assert.ok(!existsSync(rootKeyFile), 'nothing was made');
  assert.equal((await rewrapTo(place, 'file', true, other.choice)).outcome, 'replaced');
  await opensAs(other, 'file');
  await assert.rejects(opensAs(place, 'file'), /does not open the domain key/);
});

test('the last way in is never removed, and shares stay', async () => {
  const place = await newPlace();
  const { rootKey } = await newShares(3, 2);
  using domainKey = await open(place);
  await rewrap(place.store, domainKey, rootKey, { replaces: false, removes: [] });
  await rewrapTo(place, 'file', true);
  assert.deepEqual(await kinds(place), ['file', 'shares']);
  await opensAs(place, 'file');
  const again = (await newShares(3, 2)).rootKey;
  await assert.rejects(
    rewrap(place.store, domainKey, again, { replaces: false, removes: [] }),
    /another shares is a way in already/,
  );
});

test('one that does not open what it wrapped changes nothing', async () => {
  const place = await newPlace();
  using domainKey = await open(place);
  const broken = {
    kind: 'token',
    source: 'a broken token',
    wrap: async () => Buffer.alloc(80),
    unwrap: async () => new SecretBytes(new Uint8Array(32)),
    [Symbol.dispose]: () => undefined,
  } as const;
  await assert.rejects(
    rewrap(place.store, domainKey, broken, { replaces: true, removes: DAILY_KINDS }),
    /a broken token does not open what it wrapped. Nothing was changed/,
  );
  assert.deepEqual(await kinds(place), ['file']);
});

test('a domain key that was wiped meanwhile is not stored', async () => {
  const place = await newPlace();
  const domainKey = await open(place);
  await using rootKeys = new RootKeys(place.choice);
  const rootKey = await rootKeys.get('passphrase');
  const rewrapping = rewrap(place.store, domainKey, rootKey, { replaces: true, removes: [] });
  domainKey.wipe();
  await assert.rejects(rewrapping, /does not open what it wrapped/);
  assert.deepEqual(await kinds(place), ['file']);
});

test('two at once: one is refused, and a way in is left', async () => {
  const place = await newPlace();
  const tries = await Promise.allSettled([
    rewrapTo(place, 'file', true),
    rewrapTo(place, 'passphrase', true),
  ]);
  const refused = tries.filter(({ status }) => status === 'rejected');
  assert.ok(refused.length <= 1);
  for (const { reason } of refused as PromiseRejectedResult[]) {
    assert.match(reason.message, /another command changes the root keys/);
  }
  using _ = await open(place);
});

test('a database whose ways were all taken away is never given a new domain key', async () => {
  const place = await newPlace();
  await place.store.settings.put('domain-key/file', new Uint8Array(0));
  await assert.rejects(opensAs(place, 'file'), /has lost every way into its domain key/);
});

test('killed anywhere, an old way opens or the new one does, and the same domain key', async () => {
  const { store, file } = await openEmpty();
  const passphraseFile = join(directory, 'passphrase');
  writeFileSync(passphraseFile, 'correct horse battery', { mode: 0o600 });
  const choice = { rootKeyFile: `${file}.root-key`, passphraseFile };
  const first = await openDomainKey(store.settings, { ...choice, rootKey: 'file', databasePath: file });
  await store.close();
  const program = join(import.meta.dirname, 'conformance', 'rewrap-until-killed.ts');
  for (let round = 0; round < 6; round++) {
    const child = spawn(process.execPath, [program, file, choice.rootKeyFile, passphraseFile], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(child.stdout, 'data');
    await pause(randomInt(400));
    child.kill('SIGKILL');
    await once(child, 'close');

    const reopened = await openSqliteStore(file);
    const { wrapped } = await readWaysIn(reopened.settings);
    assert.ok(wrapped.size > 0);
    for (const kind of wrapped.keys()) {
      const rootKey = kind as DailyKind; // no shares were made
      const opened = await openDomainKey(reopened.settings, { ...choice, rootKey, databasePath: file });
      assert.ok(opened.isMac(['x'], first.mac(['x'])), `${kind} opens the same`);
    }
    await reopened.close();
  }
});
