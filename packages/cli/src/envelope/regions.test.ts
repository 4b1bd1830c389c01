import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { after, describe, test } from 'node:test';
import { keyhold } from '../test-kit/cli-process.ts';
import { ALIAS, BACKUP, content, sealedBy, twoRegions } from '../test-kit/two-regions.ts';

const kms = await twoRegions();
after(() => kms[Symbol.asyncDispose]());
const { run, place } = kms;

/** Where nobody listens. */
async function closedEndpoint(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return `http://127.0.0.1:${port}`;
}

/** Somebody with a profile for each region, of which Hangzhou's answers nobody. */
async function withoutHangzhou(home: string) {
  const environment = { ...kms.environment, KEYHOLD_ENDPOINT: '', HOME: home };
  const configure = (...flags: string[]) => keyhold(['configure', 'set', ...flags], environment);
  await configure('--profile', 'hz', '--endpoint', await closedEndpoint(), '--region', 'cn-hangzhou');
  await configure('--profile', 'sh', '--endpoint', kms.server.url, '--region', 'cn-shanghai');
  return { configure, run: (...args: string[]) => keyhold(args, environment) };
}

describe('regions', { concurrency: 4, timeout: 60_000 }, () => {
  test('one that the server does not serve is refused: the file would be for another key', async () => {
    const here = place();
    here.write('plain', 'x');
    for (const [...flags] of [
      ['--key', ALIAS, '--key', `cn-beijing:${ALIAS}`],
      ['--key', ALIAS, '--region', 'cn-beijing'],
    ]) {
      const { exitCode, stderr } = await run(['encrypt', here.at('plain'), ...flags]);
      assert.equal(
        stderr,
        'error: the server has no region cn-beijing: it answered with a key of cn-hangzhou\n',
      );
      assert.equal(exitCode, 2);
    }
    assert.deepEqual(here.names(), ['plain']);
  });

  test('two names of one key are said to be one', async () => {
    const here = place();
    here.write('plain', 'x');
    const twice = `cn-hangzhou:${ALIAS}`;
    const { exitCode, stderr } = await run(['encrypt', here.at('plain'), '--key', ALIAS, '--key', twice]);
    assert.deepEqual([exitCode, stderr], [0, `note: ${ALIAS} and ${twice} are the same key\n`]);
  });

  test('one that is down: aliases that cannot be looked up keep nobody from the keys of the other', async () => {
    const { file, at, read } = await sealedBy(kms, content(10), '--key', BACKUP);
    const somebody = await withoutHangzhou(at('home'));
    const allow = ['--allow', ALIAS, '--allow', 'sh@alias/Apollo/Backup'];
    const opened = await somebody.run('decrypt', file, '-o', at('one'), ...allow);
    assert.equal(opened.exitCode, 0, opened.stderr);
    assert.match(
      opened.stderr,
      new RegExp(`^note: ${ALIAS} could not be looked up: .*refused the conn`, 'm'),
    );
    assert.deepEqual(read('one'), content(10));
    await somebody.configure('--profile', 'hz', '--key', ALIAS, '--key', 'sh@alias/Apollo/Backup');
    const configured = await somebody.run('decrypt', file, '-o', at('two'));
    assert.equal(configured.exitCode, 0, configured.stderr);
    const none = await somebody.run('decrypt', file, '-o', at('d/three'), '--allow', ALIAS);
    assert.deepEqual([none.exitCode, existsSync(at('d'))], [3, false], none.stderr);
    const encrypting = await somebody.run(
      'encrypt',
      at('one'),
      '--key',
      ALIAS,
      '--key',
      'sh@alias/Apollo/Backup',
    );
    assert.equal(encrypting.exitCode, 3, 'who can decrypt is not left to chance');
  });

  test('the sample format does not name its key: every region with an allowed one is asked', async () => {
    const here = place();
    here.write('plain', 'x');
    const file = here.at('plain.sample');
    await run(['encrypt', here.at('plain'), '--format', 'sample', '--key', BACKUP]);
    for (const [name, ...keys] of [
      ['one', ALIAS, BACKUP],
      ['two', BACKUP, ALIAS],
    ] as const) {
      const allow = keys.flatMap((key) => ['--allow', key]);
      const { exitCode, stderr } = await run(['decrypt', file, '-o', here.at(name), ...allow]);
      assert.deepEqual([exitCode, stderr], [0, '']);
    }
    const somebody = await withoutHangzhou(here.at('home'));
    await run(['encrypt', here.at('plain'), '-o', file, '--force', '--format', 'sample', '--key', ALIAS]);
    const both = ['--allow', kms.work, '--allow', kms.backup];
    const down = await somebody.run('decrypt', file, '-o', here.at('three'), ...both);
    assert.equal(down.exitCode, 1);
    assert.match(
      down.stderr,
      new RegExp(`${kms.work}: .*refused the connection.*\n.*${kms.backup}: Forbidden`),
    );
  });
});
