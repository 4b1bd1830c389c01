import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { keyhold } from '@keyhold/cli/test-kit/cli-process.ts';
import { allKeyIds } from '@keyhold/server/backup/database.ts';
import { extract } from '@keyhold/server/backup/extract.ts';
import { makeBackup } from '@keyhold/server/backup/make-backup.ts';
import { restore } from '@keyhold/server/backup/restore.ts';
import { verifyData } from '@keyhold/server/backup/verify-data.ts';
import { NodeSqlite } from '@keyhold/server/store/node-sqlite.ts';
import { readTrail } from '@keyhold/server/trail/read.ts';
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
  await assert.rejects(restore(whole, { to: path, verifyWith: undefined }), /holds 1 files/);
  assert.deepEqual(readdirSync(path), ['something']);
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
  const edit = async (path: string, sql: string) => {
    const sqlite = new NodeSqlite(join(path, 'keyhold.db'), 0);
    sqlite.exec(sql);
    sqlite.close();
  };
  const cases: readonly (readonly [string, (path: string) => Promise<void>, RegExp])[] = [
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
      /^version .* of key /,
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
      async (path) => {
        const segment = join(path, 'trail', '00000001.trail');
        writeFileSync(segment, readFileSync(segment, 'utf8').replace('CreateKey', 'CreateKay'));
      },
      /^the trail: .*line \d+/,
    ],
    [
      'the end of the trail',
      async (path) => rmSync(join(path, 'trail'), { recursive: true }),
      /^the trail: /,
    ],
  ];
  for (const [what, change, problem] of cases) {
    test(what, async () => {
      const path = await unpacked();
      await change(path);
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
  const disk = newPath();
  mkdirSync(disk);
  // Only root may mount.
  const mounted =
    process.getuid?.() === 0 && succeeds('mount', '-t', 'tmpfs', '-o', 'size=240k', 'tmpfs', disk);
  if (!mounted) return;
  try {
    await assert.rejects(makeBackup(server.dataDir, join(disk, 'backup')), /full/);
    assert.deepEqual(readdirSync(disk), []);
  } finally {
    execFileSync('umount', ['--lazy', disk]);
  }
});

function succeeds(command: string, ...parameters: string[]): boolean {
  try {
    execFileSync(command, parameters, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
