import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import fs, { mkdtemp, rm } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, mock, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { keyhold } from '@keyhold/cli/test-kit/cli-process.ts';
import { allKeyIds } from '@keyhold/server/backup/database.ts';
import { extract } from '@keyhold/server/backup/extract.ts';
import { makeBackup } from '@keyhold/server/backup/make-backup.ts';
import { restore } from '@keyhold/server/backup/restore.ts';
import { verifyData } from '@keyhold/server/backup/verify-data.ts';
import { openDatabase } from '@keyhold/server/open-data.ts';
import { NodeSqlite } from '@keyhold/server/store/node-sqlite.ts';
import { readTrail } from '@keyhold/server/trail/read.ts';
import { startHsmServer } from '../hsm/hsm-server.ts';
import { startTestServer, type TestServer } from '../server.ts';

let directory: string;
let server: TestServer;
/** Of a server that has seen a little of everything. */
let whole: string;
const rootKeyFile = () => join(server.dataDir, 'root-key');
const choice = () => ({ rootKeyFile: rootKeyFile(), passphraseFile: undefined });
let count = 0;
const newPath = () => join(directory, String(count++));

before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'keyhold-backup-'));
  server = await startTestServer();
  for (let each = 0; each < 3; each++) {
    await server.call('CreateKey', { Description: `key ${each}` });
  }
  await server.call('CreateKey', { Origin: 'EXTERNAL' });
  await server.ram('CreateUser', { UserName: 'alice' });
  await server.ram('CreateAccessKey', { UserName: 'alice' });
  await server.restart(); // signs the trail so far
  whole = newPath();
  await makeBackup(server.dataDir, whole);
});
after(async () => {
  await server[Symbol.asyncDispose]();
  await rm(directory, { recursive: true });
});

/** What the backup unpacks to, for tests that change it. */
async function unpacked(): Promise<string> {
  const path = newPath();
  await restore(whole, { to: path, verifyWith: undefined });
  return path;
}

function edit(path: string, sql: string): void {
  const sqlite = new NodeSqlite(join(path, 'keyhold.db'), 0);
  sqlite.exec(sql);
  sqlite.close();
}

test('a backup is for its owner alone, never replaces a file, holds no secret in clear and leaves nothing beside it', async () => {
  assert.equal(statSync(whole).mode & 0o777, 0o600);
  const bytes = readFileSync(whole);
  await assert.rejects(makeBackup(server.dataDir, whole), /exists; nothing was replaced/);
  assert.deepEqual(readFileSync(whole), bytes);
  const [, rootKey = ''] = readFileSync(rootKeyFile(), 'utf8').trim().split(':');
  for (const secret of [rootKey, 'test-root-secret']) assert.ok(!bytes.includes(secret));
  assert.ok(!bytes.includes(Buffer.from(rootKey, 'base64')));
  assert.deepEqual(
    readdirSync(directory).filter((name) => /\.(db|new|restoring)$/.test(name)),
    [],
  );
});

test('what is restored is verified key by key, and is for its owner alone', async () => {
  const { verified, waysIn } = await restore(whole, { to: undefined, verifyWith: choice() });
  assert.ok(verified && verified.entries > 5);
  const { entries: _, ...counts } = verified;
  assert.deepEqual(counts, {
    accounts: 1,
    accessKeys: 2,
    keys: 4,
    versions: 3,
    withoutMaterial: 0,
    tokenKeys: [],
    problems: [],
  });
  assert.deepEqual(waysIn, ['file']);
  const restored = await unpacked();
  assert.equal(statSync(restored).mode & 0o777, 0o700);
  for (const entry of readdirSync(restored, { recursive: true, withFileTypes: true })) {
    const { mode } = statSync(join(entry.parentPath, entry.name));
    assert.equal(mode & 0o077, 0, entry.name);
  }
});

test('a directory with anything in it is not restored to', async () => {
  const path = newPath();
  mkdirSync(path);
  writeFileSync(join(path, 'something'), 'here');
  const refused = /is not empty, it holds something; restore to another directory/;
  await assert.rejects(restore(whole, { to: path, verifyWith: undefined }), refused);
  assert.deepEqual(readdirSync(path), ['something']);
});

test('an empty directory is filled as a missing one is made, and keeps its mode', async () => {
  const path = newPath();
  mkdirSync(path);
  chmodSync(path, 0o750);
  await restore(whole, { to: path, verifyWith: undefined });
  assert.deepEqual(readdirSync(path).sort(), readdirSync(await unpacked()).sort());
  assert.equal(statSync(path).mode & 0o777, 0o750);
  assert.deepEqual((await verifyData(path, choice())).problems, []);
});

test('what every new volume of some file systems has makes a directory not less empty', async () => {
  const path = newPath();
  mkdirSync(join(path, 'lost+found'), { recursive: true });
  await restore(whole, { to: path, verifyWith: undefined });
  assert.deepEqual((await verifyData(path, choice())).problems, []);
  assert.ok(existsSync(join(path, 'lost+found')));
});

test('a file system without hard links: a directory is filled, and nothing in it replaced', async () => {
  const link = mock.method(fs, 'link', async () => {
    throw Object.assign(new Error('not supported'), { code: 'EPERM' });
  });
  syncBuiltinESMExports();
  try {
    const path = await unpacked();
    assert.deepEqual((await verifyData(path, choice())).problems, []);
    const taken = newPath();
    const restoring = restore(whole, { to: taken, verifyWith: choice() });
    while (!existsSync(taken) || readdirSync(taken).length === 0) await pause(1);
    writeFileSync(join(taken, 'keyhold.db'), 'of a server that was started');
    await assert.rejects(restoring, { name: 'StartError', message: /could not be filled \(EEXIST\)/ });
    assert.deepEqual(readdirSync(taken), ['keyhold.db']);
    assert.ok(link.mock.callCount() > 1);
  } finally {
    link.mock.restore();
    syncBuiltinESMExports();
  }
});

describe('a restore that is killed', () => {
  const KILLED = `
    import fs from 'node:fs/promises';
    import { syncBuiltinESMExports } from 'node:module';
    import { restore } from '@keyhold/server/backup/restore.ts';
    const [name, from, to] = process.argv.slice(1);
    fs[name] = () => process.kill(process.pid, 'SIGKILL');
    syncBuiltinESMExports();
    await restore(from, { to, verifyWith: undefined });`;
  for (const step of ['open', 'link', 'rename']) {
    test(`at the first ${step}: no server begins anew in what it leaves, and it says what to remove`, async () => {
      const to = newPath();
      const cwd = new URL('../../', import.meta.url);
      const args = ['--input-type=module', '-e', KILLED, step, whole, to];
      assert.equal(spawnSync(process.execPath, args, { cwd }).signal, 'SIGKILL');
      const left = readdirSync(to);
      await assert.rejects(openDatabase(to), /keyhold\.db is missing.*remove keyhold-restoring-/);
      assert.deepEqual(readdirSync(to), left);
      let refusal = '';
      await assert.rejects(restore(whole, { to, verifyWith: undefined }), ({ message }: Error) => {
        refusal = message;
        return true;
      });
      const [, names = ''] = /cut short left: remove (.*) and restore again/.exec(refusal) ?? [];
      for (const name of names.split(', ')) rmSync(join(to, name), { recursive: true });
      await restore(whole, { to, verifyWith: choice() });
    });
  }
});

test('a deletion that was cancelled after the backup can be cancelled again: it is told of, and waits', async () => {
  await using busy = await startTestServer();
  const { KeyId } = (await busy.call('CreateKey')).body.KeyMetadata;
  await busy.call('ScheduleKeyDeletion', { KeyId, PendingWindowInDays: 7 });
  await busy.stop();
  const due = Date.now() - 1000;
  edit(busy.dataDir, `update keys set delete_at = ${due}`);
  const [out, to] = [newPath(), newPath()];
  await makeBackup(busy.dataDir, out);
  const { stdout, stderr } = await keyhold(['restore', '--from', out, '--to', to], {});
  const told = `PendingDeletion, as of the backup: 1 key; the first is due ${new Date(due).toISOString()}`;
  assert.ok(stdout.includes(told), stdout + stderr);
  const rootKeyOfBusy = join(busy.dataDir, 'root-key');
  await busy.restart({ KEYHOLD_DATA_DIR: to, KEYHOLD_ROOT_KEY_FILE: rootKeyOfBusy });
  await pause(2500); // the jobs look every second
  assert.equal((await busy.call('CancelKeyDeletion', { KeyId })).status, 200);
});

test('an empty volume is filled', async () => {
  using volume = mounted('8m');
  if (volume === undefined) return;
  await restore(whole, { to: volume.path, verifyWith: choice() });
  assert.deepEqual((await verifyData(volume.path, choice())).problems, []);
});

test('a directory that something comes into meanwhile keeps that, and gets nothing', async () => {
  const path = newPath();
  const restoring = restore(whole, { to: path, verifyWith: choice() });
  while (!existsSync(path) || readdirSync(path).length === 0) await pause(1);
  writeFileSync(join(path, 'keyhold.db'), 'of a server that was started');
  await assert.rejects(restoring, { name: 'StartError', message: /could not be filled \(EEXIST\)/ });
  assert.deepEqual(readdirSync(path), ['keyhold.db']);
  assert.equal(readFileSync(join(path, 'keyhold.db'), 'utf8'), 'of a server that was started');
});

test('what is damaged leaves no directory, and an empty one empty', async () => {
  const damaged = newPath();
  writeFileSync(damaged, readFileSync(whole).subarray(0, -600));
  const [missing, empty] = [newPath(), newPath()];
  mkdirSync(empty);
  for (const to of [missing, empty]) {
    await assert.rejects(restore(damaged, { to, verifyWith: undefined }), /is damaged/);
  }
  assert.ok(!existsSync(missing));
  assert.deepEqual(readdirSync(empty), []);
});

test('any flipped byte of the file is found, and where it is cut or longer', async () => {
  const bytes = readFileSync(whole);
  const damaged = newPath();
  const refused = async (changed: Buffer, what: string) => {
    writeFileSync(damaged, changed);
    const to = newPath();
    mkdirSync(to);
    await assert.rejects(extract(damaged, to), /is damaged: /, what);
    rmSync(to, { recursive: true });
  };
  // All parts: headers, contents and what fills blocks up; the database is most of it.
  const step = Math.floor(bytes.length / 60) | 1;
  const ends = Array.from({ length: 60 }, (_, each) => bytes.length - 1 - each * 123);
  for (const at of [...Array.from({ length: 60 }, (_, each) => each * step), ...ends]) {
    const changed = Buffer.from(bytes);
    changed[at] = (changed[at] ?? 0) ^ (1 << (at % 8));
    await refused(changed, `byte ${at}`);
  }
  for (const length of [0, 1, 511, 512, 2000, bytes.length - 2000, bytes.length - 1]) {
    await refused(bytes.subarray(0, length), `${length} bytes`);
  }
  await refused(Buffer.concat([bytes, Buffer.alloc(512)]), 'longer');
  await refused(Buffer.concat([bytes.subarray(0, -1024), bytes]), 'twice');
});

describe('what was changed with its sums is found by opening it', () => {
  const cases: readonly (readonly [string, (path: string) => void, RegExp])[] = [
    [
      'material of a key version',
      (path) =>
        edit(
          path,
          "update key_versions set wrapped_material = substr(wrapped_material, 1, 60) || x'00' where rowid = (select min(rowid) from key_versions)",
        ),
      /^version [0-9a-f-]{36} of key [0-9a-f-]{36}: /,
    ],
    [
      'a version moved to another key',
      (path) =>
        edit(
          path,
          'update key_versions set key_id = (select max(key_id) from key_versions) where key_id = (select min(key_id) from key_versions)',
        ),
      /^version .* of key |^key .*: its primary version .* is missing$/,
    ],
    [
      'a version taken away',
      (path) =>
        edit(
          path,
          'delete from key_versions where key_id = (select min(key_id) from keys where primary_version_id is not null)',
        ),
      /^key [0-9a-f-]{36}: its primary version [0-9a-f-]{36} is missing$/,
    ],
    [
      'all versions, and which are to encrypt',
      (path) => edit(path, 'delete from key_versions; update keys set primary_version_id = null'),
      /^key [0-9a-f-]{36}: its primary version \(none\) is missing$/,
    ],
    [
      'the material of a version taken away',
      (path) => edit(path, "update key_versions set wrapped_material = x''"),
      /^key [0-9a-f-]{36}: its primary version [0-9a-f-]{36} is missing$/,
    ],
    [
      'a user',
      (path) => edit(path, "update ram_rows set value = replace(value, 'alice', 'mallo')"),
      /^account \d{16}: .*edited/,
    ],
    [
      'an access key',
      (path) => edit(path, 'update access_keys set created_at = created_at + 1'),
      /^a(ccount|ccess key) .*edited/,
    ],
    [
      'the trail',
      (path) => {
        const segment = join(path, 'trail', '00000001.trail');
        writeFileSync(segment, readFileSync(segment, 'utf8').replace('CreateKey', 'CreateKay'));
      },
      /^the trail: .*line \d+/,
    ],
    ['the end of the trail', (path) => rmSync(join(path, 'trail'), { recursive: true }), /^the trail: /],
  ];
  for (const [what, change, problem] of cases) {
    test(what, async () => {
      const path = await unpacked();
      change(path);
      const { problems } = await verifyData(path, choice());
      assert.ok(problems.length > 0);
      for (const each of problems) assert.match(each, problem);
    });
  }

  test('another root key opens nothing, and a 0644 copy of the right one is told of', async () => {
    const copy = newPath();
    writeFileSync(copy, readFileSync(rootKeyFile()));
    chmodSync(copy, 0o644);
    await assert.rejects(
      verifyData(await unpacked(), { rootKeyFile: copy, passphraseFile: undefined }),
      /chmod 600/,
    );
    writeFileSync(copy, `keyhold-root-key-1:${Buffer.alloc(32, 7).toString('base64')}\n`);
    chmodSync(copy, 0o600);
    const other = { rootKeyFile: copy, passphraseFile: undefined };
    await assert.rejects(verifyData(await unpacked(), other), /does not open the domain key/);
  });
});

test('keys in a token need no token to be verified: that the backup knows where they are there is', async () => {
  await using rig = await startHsmServer();
  const { server: busy, hsm } = rig;
  const { body } = await busy.call('CreateKey', { ProtectionLevel: 'HSM' });
  const { KeyId } = body.KeyMetadata;
  await busy.call('CreateKey', { ProtectionLevel: 'HSM', Origin: 'EXTERNAL' });
  await busy.restart(); // signs the trail so far
  const out = newPath();
  await makeBackup(busy.dataDir, out);
  hsm.remove();
  const ofBusy = { rootKeyFile: join(busy.dataDir, 'root-key'), passphraseFile: undefined };
  const after = async (sql: string) => {
    const to = newPath();
    await restore(out, { to, verifyWith: undefined });
    edit(to, sql);
    const { tokenKeys, keys, versions, problems } = await verifyData(to, ofBusy);
    assert.deepEqual([tokenKeys.length, keys, versions], [2, 2, 0]);
    return problems;
  };
  assert.deepEqual(await after('select 1'), []);
  assert.match(
    (await after("update key_versions set wrapped_material = x'00'")).join(),
    /^version .* of key /,
  );
  const missing = (await after('delete from key_versions')).join();
  assert.match(missing, new RegExp(`^key ${KeyId}: its primary version \\S+ is missing$`));
  hsm.putBack();
});

test('under load: all that was answered before the backup began is in it, and nothing that the trail knows nothing of', async () => {
  await using busy = await startTestServer({ KEYHOLD_KEY_QUOTA: '100000' });
  await busy.call('ListKeys');
  await busy.restart(); // signs the trail so far: a second after its first entry it always is
  const answered = new Map<string, string>();
  let stop = false;
  const writers = Array.from({ length: 6 }, async () => {
    while (!stop) {
      const { body } = await busy.call('CreateKey');
      const { KeyId } = body.KeyMetadata;
      const { body: encrypted } = await busy.call('Encrypt', { KeyId, Plaintext: KeyId });
      answered.set(KeyId, encrypted.CiphertextBlob);
    }
  });
  while (answered.size < 100) await pause(10);
  const out = newPath();
  const before = new Map(answered);
  const environment = { KEYHOLD_DATA_DIR: busy.dataDir };
  const { exitCode, stderr } = await keyhold(['backup', '--out', out], environment);
  assert.equal(exitCode, 0, stderr);
  const during = answered.size - before.size;
  stop = true;
  await Promise.all(writers);
  assert.ok(during > 0, 'it went on meanwhile');

  const to = newPath();
  const verifyWith = { rootKeyFile: join(busy.dataDir, 'root-key'), passphraseFile: undefined };
  const { verified } = await restore(out, { to, verifyWith });
  assert.deepEqual(verified?.problems, []);
  const kept = [...allKeyIds(join(to, 'keyhold.db'))];
  assert.ok(kept.length >= before.size);
  const recorded = new Set<string>();
  const intents = new Set<string>();
  for await (const entry of readTrail(join(to, 'trail'))) {
    for (const resource of entry.resources) recorded.add(resource.split('/').at(-1) ?? '');
    // CreateKey names the container; what it made is in its answer.
    const made = entry.response?.KeyMetadata as { KeyId?: string } | undefined;
    if (made?.KeyId) recorded.add(made.KeyId);
    if (entry.kind === 'intent') intents.add(entry.requestId);
    else intents.delete(entry.requestId);
  }
  await busy.restart({ KEYHOLD_DATA_DIR: to, KEYHOLD_ROOT_KEY_FILE: verifyWith.rootKeyFile });
  for (const [KeyId, CiphertextBlob] of before) {
    assert.equal((await busy.call('Decrypt', { CiphertextBlob })).body.Plaintext, KeyId);
    assert.ok(recorded.has(KeyId), 'its calls are in the trail');
  }
  const unrecorded = kept.filter((keyId) => !recorded.has(keyId));
  assert.ok(unrecorded.length <= intents.size, 'a key that the trail does not name yet was intended there');
});

test('a full disk: no backup is left, nor anything of it, and it says so', async () => {
  using disk = mounted('240k');
  if (disk === undefined) return;
  await assert.rejects(makeBackup(server.dataDir, join(disk.path, 'backup')), /full/);
  assert.deepEqual(readdirSync(disk.path), []);
});

/** A disk of its own; undefined where it cannot be mounted, which only root may. */
function mounted(size: string): (Disposable & { readonly path: string }) | undefined {
  const path = newPath();
  mkdirSync(path);
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', path], { stdio: 'ignore' });
  } catch {
    return undefined;
  }
  return { path, [Symbol.dispose]: () => void execFileSync('umount', ['--lazy', path]) };
}
