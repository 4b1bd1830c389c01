import assert from 'node:assert/strict';
import { copyFileSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { after, test } from 'node:test';
import type { DomainKey } from '../keys/domain-key.ts';
import { emptyStores, testDirectory } from '../store/conformance/sqlite-files.ts';
import type { Settings, Store } from '../store/store.ts';
import { openDomainKey } from './open-domain-key.ts';

const openEmpty = emptyStores(testDirectory());
const stores: Store[] = [];
after(() => Promise.all(stores.map((store) => store.close())));

interface Place {
  readonly settings: Settings;
  readonly rootKeyFile: string;
  readonly passphraseFile: string;
}

async function newPlace(): Promise<Place> {
  const { store, file } = await openEmpty();
  stores.push(store);
  const passphraseFile = `${file}.passphrase`;
  writeFileSync(passphraseFile, 'correct horse battery', { mode: 0o600 });
  return { settings: store.settings, rootKeyFile: `${file}.root-key`, passphraseFile };
}

const open = (
  { settings, rootKeyFile, passphraseFile }: Place,
  kind: 'file' | 'passphrase',
): Promise<DomainKey> =>
  openDomainKey(settings, {
    rootKeyFile,
    passphraseFile: kind === 'passphrase' ? passphraseFile : undefined,
    databasePath: '/data/keyhold.db',
  });

const sameKey = (a: DomainKey, b: DomainKey): boolean => b.isMac(['x'], a.mac(['x']));
const wrappedIn = async ({ settings }: Place) =>
  Promise.all(['file', 'passphrase'].map((kind) => settings.get(`domain-key/${kind}`)));

type Setup =
  | 'nothing'
  | 'a root key file alone'
  | 'set up by file'
  | 'by file, lost'
  | 'by file, other'
  | 'set up by passphrase';

/** What exists, what is configured, and whether it opens or what the one line says. */
const TABLE: readonly (readonly [Setup, 'file' | 'passphrase', 'opens' | RegExp])[] = [
  ['nothing', 'file', 'opens'],
  ['nothing', 'passphrase', 'opens'],
  ['a root key file alone', 'file', 'opens'],
  ['a root key file alone', 'passphrase', 'opens'],
  ['set up by file', 'file', 'opens'],
  ['set up by file', 'passphrase', /root key of kind file, not passphrase: set KEYHOLD_ROOT_KEY=file/],
  ['by file, lost', 'file', /root-key cannot be read \(ENOENT\): put it back, or restore it from your copy$/],
  ['by file, lost', 'passphrase', /root key of kind file, not passphrase/],
  [
    'by file, other',
    'file',
    /root-key does not open the domain key in \/data\/keyhold\.db.*Nothing was overwritten/,
  ],
  ['set up by passphrase', 'passphrase', 'opens'],
  ['set up by passphrase', 'file', /root key of kind passphrase, not file: set KEYHOLD_ROOT_KEY=passphrase/],
];

/** Returns the domain key that the place was set up with, if it was. */
async function arrange(place: Place, setup: Setup): Promise<DomainKey | undefined> {
  if (setup === 'nothing') return undefined;
  if (setup === 'set up by passphrase') return open(place, 'passphrase');
  const other = await newPlace();
  await open(other, 'file');
  if (setup === 'a root key file alone') {
    copyFileSync(other.rootKeyFile, place.rootKeyFile);
    return undefined;
  }
  const domainKey = await open(place, 'file');
  if (setup !== 'set up by file') rmSync(place.rootKeyFile);
  if (setup === 'by file, other') copyFileSync(other.rootKeyFile, place.rootKeyFile);
  return domainKey;
}

for (const [setup, kind, outcome] of TABLE) {
  test(`${setup}, configured ${kind}`, async () => {
    const place = await newPlace();
    const before = await arrange(place, setup);
    const stored = await wrappedIn(place);
    const file = existsSync(place.rootKeyFile) ? readFileSync(place.rootKeyFile) : undefined;
    if (outcome === 'opens') {
      const opened = await open(place, kind);
      if (before) assert.ok(sameKey(opened, before));
      assert.ok(sameKey(opened, await open(place, kind)), 'and again');
    } else {
      await assert.rejects(open(place, kind), { name: 'StartError', message: outcome });
      assert.deepEqual(await wrappedIn(place), stored, 'nothing was stored');
    }
    const fileNow = existsSync(place.rootKeyFile) ? readFileSync(place.rootKeyFile) : undefined;
    if (file || outcome !== 'opens' || kind === 'passphrase')
      assert.deepEqual(fileNow, file, 'no root key file changed');
  });
}

test('two places have two domain keys', async () => {
  const [a, b] = [await newPlace(), await newPlace()];
  assert.ok(!sameKey(await open(a, 'file'), await open(b, 'file')));
});

test('a message about one way in names the others that there are', async () => {
  const place = await newPlace();
  await open(place, 'file');
  const spare = new Uint8Array(64);
  const refusals = async (message: RegExp) => {
    rmSync(place.rootKeyFile, { force: true });
    await assert.rejects(open(place, 'file'), { name: 'StartError', message });
    writeFileSync(place.rootKeyFile, `keyhold-root-key-1:${'A'.repeat(43)}=\n`, { mode: 0o600 });
    await assert.rejects(open(place, 'file'), { name: 'StartError', message });
  };
  await refusals(/(copy|overwritten)$/);
  await place.settings.put('domain-key/shares', spare);
  await refusals(/another way in: run keyhold root recover with recovery shares$/);
  await place.settings.put('domain-key/token', spare);
  await refusals(/another way in: set KEYHOLD_ROOT_KEY=token .*, or run keyhold root recover with/);
});

test('a wrapping edited in the database is refused, not replaced', async () => {
  for (const edit of [
    (wrapped: Uint8Array) => wrapped.map((byte, i) => (i === 20 ? byte ^ 1 : byte)),
    (wrapped: Uint8Array) => wrapped.subarray(0, 10),
    () => new Uint8Array(0),
  ]) {
    const place = await newPlace();
    await open(place, 'file');
    const [wrapped] = await wrappedIn(place);
    assert.ok(wrapped);
    await place.settings.put('domain-key/file', edit(wrapped));
    await assert.rejects(open(place, 'file'), {
      name: 'StartError',
      message: /does not open the domain key|has lost every way into its domain key/,
    });
    assert.deepEqual((await wrappedIn(place))[0], new Uint8Array(edit(wrapped)));
  }
});
