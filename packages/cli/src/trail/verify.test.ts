import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { cp, mkdtempDisposable, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { keyhold, type ServerProcess, serveProcess } from '../test-kit/cli-process.ts';

/** A trail as an auditor gets it: segments and checkpoints, the key, and checkpoints kept elsewhere. */
describe('keyhold trail verify, with files alone', { concurrency: 3 }, () => {
  let server: ServerProcess;
  let pem: string;

  before(async () => {
    server = await serveProcess();
    for (const word of ['one', 'two', 'three']) {
      const made = await keyhold(['call', 'CreateKey', '--Description', `the ${word}`], server.environment);
      assert.equal(made.exitCode, 0, made.stderr);
    }
    const { exitCode, stdout, stderr } = await keyhold(['trail', 'public-key'], server.environment);
    assert.equal(exitCode, 0, stderr);
    assert.match(stderr, /^fingerprint [0-9a-f]{64}\n$/);
    pem = stdout;
    server.process.child.kill('SIGINT');
    const { stderr: log } = await server.process.ended;
    assert.ok(log.includes(stderr.split(' ')[1]?.trim() ?? '-'), 'the log names the key');
  });
  after(() => server[Symbol.asyncDispose]());

  async function exported() {
    const directory = await mkdtempDisposable(join(tmpdir(), 'keyhold-audit-'));
    const files = {
      trail: join(directory.path, 'trail'),
      key: join(directory.path, 'key.pem'),
      copies: join(directory.path, 'copies'),
    };
    await cp(join(server.dataDir, 'trail'), files.trail, { recursive: true });
    await cp(join(server.dataDir, 'trail'), files.copies, { recursive: true });
    await writeFile(files.key, pem);
    const verify = (...more: readonly string[]) =>
      keyhold(['trail', 'verify', '--trail', files.trail, '--public-key', files.key, ...more], {
        KEYHOLD_DATA_DIR: '/nonexistent',
      });
    return { ...files, verify, [Symbol.asyncDispose]: () => directory[Symbol.asyncDispose]() };
  }

  test('whole: what signs it, and up to where', async () => {
    await using files = await exported();
    for (const more of [[], ['--checkpoints', files.copies]]) {
      const { exitCode, stdout, stderr } = await files.verify(...more);
      assert.equal(stderr, '');
      assert.match(stdout, /is whole: \d+ lines in 1 files/);
      assert.match(stdout, /Checkpoint \d+ of \S+Z signs it up to number \d+/);
      assert.match(stdout, /fingerprint [0-9a-f]{64}/);
      assert.equal(exitCode, 0);
    }
  });

  test('an edited entry: segment, number and time are named, and up to where it is signed', async () => {
    await using files = await exported();
    const path = join(files.trail, '00000001.trail');
    await writeFile(path, (await readFile(path, 'utf8')).replace('the two', 'the too'));
    const { exitCode, stdout } = await files.verify();
    assert.match(stdout, /is DAMAGED \(edited\)/);
    assert.match(stdout, /00000001\.trail, line \d+ \(entry \d+\)/);
    assert.match(stdout, /was written at \d{4}-\d\d-\d\dT\S+Z or later/);
    assert.equal(exitCode, 1);
  });

  test('an end cut off together with its checkpoints: the copies tell', async () => {
    await using files = await exported();
    const path = join(files.trail, '00000001.trail');
    await truncate(path, (await readFile(path)).indexOf('the three') - 300);
    for (const name of await readdir(files.trail)) {
      if (name.endsWith('.checkpoints')) await rm(join(files.trail, name));
    }
    const { exitCode, stdout } = await files.verify(
      '--checkpoints',
      join(files.copies, '00000001.checkpoints'),
    );
    assert.match(stdout, /is DAMAGED/);
    assert.equal(exitCode, 1);
  });

  test('another key: nothing of it is signed', async () => {
    await using files = await exported();
    await using other = await serveProcess();
    const key = await readFile(join(other.dataDir, 'trail-public-key.pem'));
    await writeFile(files.key, key);
    const { exitCode, stdout } = await files.verify();
    assert.match(stdout, /is not one that this key signed/);
    assert.equal(exitCode, 1);
  });

  test('wrong usage: 2, and which file', async () => {
    await using files = await exported();
    const cases: [readonly string[], RegExp][] = [
      [['--checkpoints', '/nonexistent'], /--checkpoints: there is nothing at \/nonexistent/],
      [['--public-key', files.trail], /--public-key: .*trail is not a readable Ed25519 public key/],
      [['--trail', '/nonexistent'], /there is no trail in \/nonexistent/],
    ];
    for (const [more, said] of cases) {
      const { exitCode, stderr } = await files.verify(...more);
      assert.match(stderr, said);
      assert.equal(exitCode, 2);
    }
  });
});

const PACKAGES = fileURLToPath(new URL('../../../', import.meta.url));
const STATEMENT = /^(?:import|export)\s+(?!type\s)(?:[^'";]*?\sfrom\s+)?'([^']+)'/gm;

/** Everything that loading a file loads. */
function loadedBy(path: string, found = new Set<string>()): Set<string> {
  if (found.has(path)) return found;
  found.add(path);
  for (const [, name = ''] of readFileSync(path, 'utf8').matchAll(STATEMENT)) {
    const own = /^@keyhold\/(\w+)\/(.+)$/.exec(name);
    if (name.startsWith('node:')) found.add(name);
    else if (own) loadedBy(join(PACKAGES, own[1] ?? '', 'src', own[2] ?? ''), found);
    else loadedBy(join(dirname(path), name), found);
  }
  return found;
}

test('an auditor reads these files, and no more: no database, no network, no other process', () => {
  const loaded = [...loadedBy(join(PACKAGES, 'cli/src/trail/verify.ts'))];
  assert.deepEqual(
    loaded.map((name) => name.replace(PACKAGES, '')).sort(),
    [
      'api/src/json-text.ts',
      'cli/src/exit-codes.ts',
      'cli/src/trail/verify.ts',
      'node:crypto',
      'node:fs',
      'node:fs/promises',
      'node:path',
      ...['breaks', 'chain', 'check-segment', 'digest', 'line', 'segments', 'verify'].map(
        (name) => `server/src/trail/${name}.ts`,
      ),
      ...['checkpoint', 'marks', 'notes', 'public-key'].map(
        (name) => `server/src/trail/checkpoints/${name}.ts`,
      ),
    ].sort(),
  );
});
