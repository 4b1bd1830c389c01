import assert from 'node:assert/strict';
import { chmod, mkdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, before, suite, test } from 'node:test';
import type { Entry } from '@keyhold/server/trail/entry.ts';
import { openTrail } from '@keyhold/server/trail/open-trail.ts';
import { readTrail } from '@keyhold/server/trail/read.ts';
import { ACCOUNT, startTestServer, type TestServer } from '../server.ts';
import { serve, spawnServer } from '../server-process.ts';
import { temporaryDirectory } from '../temporary-directory.ts';
import { fingerprint } from './fingerprint.ts';

interface Fault {
  readonly what: string;
  /** What the one line on stderr must name. */
  readonly names: RegExp;
  readonly environment?: Readonly<Record<string, string>>;
  spoil?(directory: string): Promise<unknown>;
}

const trail = (directory: string, segment: number) => join(directory, 'trail', `0000000${segment}.trail`);
const edit = async (path: string, change: (text: string) => string) =>
  writeFile(path, change(await readFile(path, 'latin1')), 'latin1');

const FAULTS: readonly Fault[] = [
  {
    what: 'another root key',
    names: /root-key.*keyhold\.db/,
    spoil: (directory) =>
      writeFile(join(directory, 'root-key'), `keyhold-root-key-1:${'A'.repeat(43)}=\n`, { mode: 0o600 }),
  },
  { what: 'no root key', names: /root-key/, spoil: (directory) => rm(join(directory, 'root-key')) },
  {
    what: 'a root key elsewhere that is not there',
    names: /\/nowhere\/root-key/,
    environment: { KEYHOLD_ROOT_KEY_FILE: '/nowhere/root-key' },
  },
  {
    what: 'a root key others can read',
    names: /root-key.*chmod 600/,
    spoil: (directory) => chmod(join(directory, 'root-key'), 0o644),
  },
  {
    what: 'a root key file that is cut short',
    names: /root-key/,
    spoil: (directory) => truncate(join(directory, 'root-key'), 30),
  },
  {
    what: 'a passphrase where a file was used',
    names: /kind file, not passphrase: set KEYHOLD_ROOT_KEY=file/,
    environment: { KEYHOLD_ROOT_PASSPHRASE_FILE: '/etc/hostname' },
  },
  {
    what: 'no database',
    names: /keyhold\.db/,
    spoil: (directory) => rm(join(directory, 'keyhold.db')),
  },
  {
    what: 'a restore that was cut short',
    names: /keyhold\.db is missing.*remove keyhold-restoring-x /,
    spoil: async (directory) => {
      for (const name of ['keyhold.db', 'trail']) await rm(join(directory, name), { recursive: true });
      await mkdir(join(directory, 'keyhold-restoring-x'));
    },
  },
  {
    what: 'an empty database',
    names: /keyhold\.db/,
    spoil: (directory) => truncate(join(directory, 'keyhold.db'), 0),
  },
  {
    what: 'a database of other bytes',
    names: /keyhold\.db/,
    spoil: (directory) =>
      writeFile(join(directory, 'keyhold.db'), 'no database, but long enough'.repeat(400)),
  },
  {
    what: 'a trail cut short by a line',
    names: /00000004\.trail/,
    spoil: (directory) =>
      edit(trail(directory, 4), (text) => text.slice(0, text.lastIndexOf('\n', text.length - 2) + 1)),
  },
  {
    what: 'a removed segment in the middle',
    names: /00000002\.trail/,
    spoil: (directory) => rm(trail(directory, 2)),
  },
  {
    what: 'a removed first segment',
    names: /00000001\.trail/,
    spoil: (directory) => rm(trail(directory, 1)),
  },
  { what: 'a removed last segment', names: /trail/, spoil: (directory) => rm(trail(directory, 4)) },
  {
    what: 'a removed trail',
    names: /trail/,
    spoil: (directory) => rm(join(directory, 'trail'), { recursive: true }),
  },
  {
    what: 'an edited line of the last segment',
    names: /00000004\.trail/,
    spoil: (directory) =>
      edit(trail(directory, 4), (text) => text.replace('"a":"CreateKey"', '"a":"DeleteKey"')),
  },
  {
    what: 'an edited line of the segment before',
    names: /00000003\.trail/,
    spoil: (directory) =>
      edit(trail(directory, 3), (text) => text.replace('"a":"CreateKey"', '"a":"DeleteKey"')),
  },
  {
    what: 'another first account',
    names: /KEYHOLD_ACCOUNT_ID/,
    environment: { KEYHOLD_ACCOUNT_ID: '3000000000000003' },
  },
  { what: 'a wrong number', names: /KEYHOLD_KEY_QUOTA/, environment: { KEYHOLD_KEY_QUOTA: 'many' } },
  { what: 'plain http for all', names: /KEYHOLD_LISTEN/, environment: { KEYHOLD_LISTEN: '0.0.0.0:0' } },
  {
    what: 'a missing certificate',
    names: /KEYHOLD_TLS_CERT.*\/nowhere\/cert/,
    environment: { KEYHOLD_TLS_CERT: '/nowhere/cert', KEYHOLD_TLS_KEY: '/nowhere/key' },
  },
  {
    what: 'a certificate that is none',
    names: /KEYHOLD_TLS_CERT/,
    environment: { KEYHOLD_TLS_CERT: '/etc/hostname', KEYHOLD_TLS_KEY: '/etc/hostname' },
  },
  {
    what: 'an address that is not ours',
    names: /KEYHOLD_LISTEN/,
    environment: { KEYHOLD_LISTEN: '192.0.2.1:1', KEYHOLD_ALLOW_PLAIN_HTTP: 'true' },
  },
];

/** A line, not a stack: no `at`, no file of ours, no name of a class. */
function assertOneLine(stderr: string, names: RegExp): void {
  assert.match(stderr, names);
  assert.equal(stderr.trimEnd().split('\n').length, 1, stderr);
  assert.doesNotMatch(stderr, /\s+at .*:\d+|node:internal|\/src\/|test-root-secret/);
}

suite('what keeps a server from starting', { concurrency: 2 }, () => {
  let sound: TestServer;
  let KeyId = '';
  before(async () => {
    sound = await startTestServer();
    KeyId = (await sound.call('CreateKey')).body.KeyMetadata.KeyId;
    await sound.call('CreateKey');
    await sound.stop();
    await addSegments(join(sound.dataDir, 'trail'));
    await sound.restart(); // the anchor is remembered
    await sound.call('CreateKey');
    await sound.stop();
  });
  after(() => sound[Symbol.asyncDispose]());

  for (const { what, names, environment, spoil } of FAULTS) {
    test(`${what}: one line says so, and nothing is overwritten`, async () => {
      await using directory = await temporaryDirectory(sound.dataDir);
      await spoil?.(directory.path);
      const found = await fingerprint(directory.path);
      await using server = spawnServer(directory.path, environment);
      const code = await Promise.race([
        server.exited,
        server.listening.then(
          () => 'listening',
          () => server.exited,
        ),
      ]);
      assert.equal(code, 1, server.stderr());
      assertOneLine(server.stderr(), names);
      assert.deepEqual(await fingerprint(directory.path), found);
    });
  }

  test('another server on the directory: one line, and that server goes on', async () => {
    await using directory = await temporaryDirectory(sound.dataDir);
    await using first = await serve(directory.path);
    await using second = spawnServer(directory.path);
    assert.equal(await second.exited, 1);
    assertOneLine(second.stderr(), /in use/);
    assert.equal((await first.call('DescribeKey', { KeyId })).status, 200);
    assert.equal(await first.end('SIGTERM'), 0);
  });

  test('a passphrase opens what it closed, and another does not', async () => {
    await using directory = await temporaryDirectory();
    const data = join(directory.path, 'data');
    const file = join(directory.path, 'passphrase');
    const environment = { KEYHOLD_ROOT_PASSPHRASE_FILE: file };
    await writeFile(file, 'correct horse battery staple\n', { mode: 0o600 });
    await using first = await serve(data, environment);
    const made = await first.call('CreateKey');
    const sealed = await first.call('Encrypt', { KeyId: made.body.KeyMetadata.KeyId, Plaintext: 'p' });
    await first.end('SIGKILL');
    await using second = await serve(data, environment);
    const { CiphertextBlob } = sealed.body;
    assert.equal((await second.call('Decrypt', { CiphertextBlob })).body.Plaintext, 'p');
    await second.end('SIGTERM');

    const found = await fingerprint(data);
    assert.ok(!('root-key' in found));
    for (const [passphrase, names] of [
      ['incorrect horse battery staple', /passphrase.*keyhold\.db/],
      ['too short', /passphrase/],
      [undefined, /passphrase/],
    ] as const) {
      if (passphrase === undefined) await rm(file);
      else await writeFile(file, passphrase, { mode: 0o600 });
      await using refused = spawnServer(data, environment);
      assert.equal(await refused.exited, 1);
      assertOneLine(refused.stderr(), names);
      assert.doesNotMatch(refused.stderr(), /horse|too short$/);
    }
    await using unset = spawnServer(data);
    assert.equal(await unset.exited, 1);
    assertOneLine(unset.stderr(), /KEYHOLD_ROOT_PASSPHRASE_FILE/);
    assert.deepEqual(await fingerprint(data), found);
  });

  test('rows edited in the database: they do not open, the log names them, the others work', async () => {
    await using directory = await temporaryDirectory(sound.dataDir);
    const database = new DatabaseSync(join(directory.path, 'keyhold.db'));
    const rows = database.prepare('select key_id, wrapped_material from key_versions order by key_id').all();
    const [flipped, moved, sane] = rows.map((row) => String(row.key_id));
    const material = rows.map((row) => Buffer.from(row.wrapped_material as Uint8Array));
    assert.ok(flipped && moved && sane && material[0] && material[2]);
    material[0][20] = (material[0][20] ?? 0) ^ 1;
    const put = database.prepare('update key_versions set wrapped_material = ? where key_id = ?');
    put.run(material[0], flipped);
    put.run(material[2], moved);
    database.close();

    await using server = await serve(directory.path);
    for (const KeyId of [flipped, moved]) {
      const refused = await server.call('Encrypt', { KeyId, Plaintext: 'p' });
      assert.deepEqual([refused.status, refused.body.Code], [500, 'InternalFailure']);
    }
    assert.equal((await server.call('Encrypt', { KeyId: sane, Plaintext: 'p' })).status, 200);
    await server.end('SIGTERM');
    // At its end all that it said has come.
    for (const KeyId of [flipped, moved]) assert.match(server.stderr(), new RegExp(`${KeyId} does not open`));

    const again = new DatabaseSync(join(directory.path, 'keyhold.db'));
    again.prepare('insert into accounts values (?, ?, ?)').run('2000000000000002', 'thief', 0);
    again.exec("update access_keys set account_id = '2000000000000002'");
    again.close();
    await using robbed = await serve(directory.path, { KEYHOLD_ACCOUNT_ID: ACCOUNT });
    assert.equal((await robbed.call('ListKeys')).body.Code, 'InternalFailure');
    await robbed.end('SIGTERM');
    assert.match(robbed.stderr(), /access key LTAItestroot of account \d+ was edited/);
  });
});

/** Goes on with the trail in small segments, as if it were years old. */
async function addSegments(directory: string): Promise<void> {
  const entries: Entry[] = [];
  for await (const entry of readTrail(directory)) entries.push(entry);
  const whole = await openTrail(directory, { segmentBytes: 1 });
  for (let segment = 2; segment <= 4; segment++) {
    await Promise.all(entries.map((entry) => whole.append(entry)));
  }
  await whole.close();
}
