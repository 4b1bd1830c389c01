import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, existsSync, readdirSync, statSync, truncateSync } from 'node:fs';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { after, describe, test } from 'node:test';
import { KEYHOLD, keyhold } from '../test-kit/cli-process.ts';
import { ALIAS, BACKUP, content, type Place, sealedBy, twoRegions, until } from '../test-kit/two-regions.ts';

const kms = await twoRegions();
after(() => kms[Symbol.asyncDispose]());
const { run, start, place } = kms;
const ANY = '--allow-any-key';
const SPARSE = 2 ** 28;

/** Another program around keyhold; the server of the test goes on meanwhile. */
async function around(program: string, args: readonly string[]) {
  const env = { PATH: process.env.PATH, TERM: 'dumb', ...kms.environment };
  const child = spawn(program, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const [stdout, stderr, [status]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close'),
  ]);
  return { status, stdout, stderr };
}

const partialIn = ({ directory }: Place): boolean =>
  readdirSync(directory).some((name) => name.endsWith('.partial'));

/** A hole that takes no room, so that there is time to disturb. */
function large() {
  const here = place();
  truncateSync(here.write('large', ''), SPARSE);
  return here;
}

describe('interrupted', { concurrency: 2, timeout: 60_000 }, () => {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    test(`${signal} in the middle of a file: nothing is left, and the shell hears of the signal`, async () => {
      const here = large();
      const { child, ended } = start([
        'encrypt',
        here.at('large'),
        '-o',
        here.at('out/deep/e'),
        '--key',
        ALIAS,
      ]);
      await until(() => existsSync(here.at('out/deep')) && readdirSync(here.at('out/deep')).length > 0);
      child.kill(signal);
      const { stderr, stdout } = await ended;
      assert.deepEqual([child.signalCode, stdout], [signal, '']);
      assert.equal(stderr, 'interrupted: what was not complete is not kept\n');
      assert.deepEqual(here.names(), ['large']);
      assert.ok(!existsSync(here.at('out')));
    });
  }

  test('SIGINT while stdin has not ended: nothing is left', async () => {
    const here = await sealedBy(kms, content(300_000));
    const stdin = new PassThrough();
    const { child, ended } = start(['decrypt', '-', '-o', here.at('back'), ANY], stdin);
    stdin.write(here.read('plain.kenv').subarray(0, 250_000));
    await until(() => partialIn(here));
    child.kill('SIGINT');
    await ended;
    assert.deepEqual([child.signalCode, here.names()], ['SIGINT', ['plain', 'plain.kenv']]);
  });

  test('SIGKILL: there is no output, and its owner alone can read what is left under another name', async () => {
    const here = large();
    const { child, ended } = start(['encrypt', here.at('large'), '-o', here.at('e'), '--key', ALIAS]);
    await until(() => partialIn(here));
    child.kill('SIGKILL');
    await ended;
    const [left = '', ...others] = here.names();
    assert.match(left, /^\.kenv-[0-9a-f]{24}\.partial$/);
    assert.equal(statSync(here.at(left)).mode & 0o777, 0o600);
    assert.deepEqual(others, ['large']);
  });

  test('SIGINT among many files: those that are there are complete', async () => {
    const here = place();
    for (let i = 0; i < 1000; i++) here.write(`in/${i}`, content(1000 + i));
    const { child, ended } = start(['encrypt', here.at('in'), '-o', here.at('out'), '--key', ALIAS]);
    await until(() => existsSync(here.at('out')) && readdirSync(here.at('out')).length > 20);
    child.kill('SIGINT');
    await ended;
    const made = readdirSync(here.at('out'));
    assert.ok(made.every((name) => name.endsWith('.kenv')));
    if (made.length === 1000) return; // it was faster
    assert.equal(child.signalCode, 'SIGINT');
    const { stderr, stdout } = await run(['decrypt', here.at('out'), '-o', here.at('back'), ANY, '--json']);
    assert.equal(JSON.parse(stdout).decrypted.length, made.length, stderr);
  });
});

describe('interrupted while the server hangs', { timeout: 60_000 }, () => {
  const cases: [name: string, ...args: string[]][] = [
    ['at the look-up of a key', 'encrypt', 'in/a', '-o', 'out/a', '--key', ALIAS],
    ['at a data key', 'encrypt', 'in/a', '-o', 'out/a', '--key', kms.work],
    ['at a data key for several files', 'encrypt', 'in', '-o', 'out', '--key', kms.work],
    ['at a data key that several files share', 'decrypt', 'sealed', '-o', 'out', '--allow', kms.work],
    ['at a rewrap', 'rewrap', 'sealed', '--renew', '--allow', kms.work],
  ];
  for (const [name, command = '', ...words] of cases) {
    test(`${name}: nothing is left, and the shell hears of the signal at once`, async () => {
      const here = place();
      for (const file of ['a', 'b']) here.write(`in/${file}`, file);
      await run(['encrypt', here.at('in'), '-o', here.at('sealed'), '--key', ALIAS]);
      const before = here.names();
      using server = await hanging();
      const args = words.map((word) => (/^(in|out|sealed)/.test(word) ? here.at(word) : word));
      const { child, ended } = start([command, ...args, '--endpoint', server.url]);
      await until(() => server.asked);
      const at = performance.now();
      child.kill('SIGINT');
      const { stderr } = await ended;
      assert.deepEqual(
        [child.signalCode, stderr],
        ['SIGINT', 'interrupted: what was not complete is not kept\n'],
      );
      assert.ok(performance.now() - at < 2500, 'it did not wait for the server');
      assert.deepEqual([here.names(), existsSync(here.at('out'))], [before, false]);
    });
  }
});

describe('the disk and the input', { concurrency: 2, timeout: 60_000 }, () => {
  test('a disk that takes no more: nothing is left', async () => {
    const here = place();
    here.write('plain', content(3_000_000));
    const { status, stderr } = await around('prlimit', [
      ...['--fsize=1000000', process.execPath, KEYHOLD],
      ...['encrypt', here.at('plain'), '-o', here.at('d/e'), '--key', ALIAS],
    ]);
    assert.equal(status, 1);
    assert.match(stderr, /EFBIG.*d\/e'\n {2}try: write elsewhere/);
    assert.deepEqual(here.names(), ['plain']);
    assert.ok(!existsSync(here.at('d')));
  });

  test('a disk that has no room for a rewrap: the file is as it was, and nothing stands beside it', async () => {
    const here = await sealedBy(kms, content(1_100_000));
    const before = here.read('plain.kenv');
    const { status, stderr } = await around('prlimit', [
      ...['--fsize=1000', 'env', 'NODE_DISABLE_COMPILE_CACHE=1', process.execPath, KEYHOLD],
      ...['rewrap', here.file, '--renew', '--allow', ALIAS],
    ]);
    assert.deepEqual([status, /EFBIG/.test(stderr), /-o/.test(stderr)], [1, true, false], stderr);
    assert.deepEqual(here.names(), ['plain', 'plain.kenv']);
    assert.ok(here.read('plain.kenv').equals(before));
  });

  test('stdout that takes no more, and a reader that goes away, are failures', async () => {
    const { file } = await sealedBy(kms, content(3_000_000));
    const shell = (line: string) => around('sh', ['-c', line, process.execPath, KEYHOLD, file]);
    const full = await shell(`"$0" "$1" decrypt "$2" -o - ${ANY} > /dev/full`);
    assert.deepEqual([full.status, /ENOSPC/.test(full.stderr)], [1, true], full.stderr);
    const head = await shell(
      `{ "$0" "$1" decrypt "$2" -o - ${ANY}; echo "code $?" >&2; } | head -c 10 > /dev/null`,
    );
    assert.match(head.stderr, /EPIPE(?:.|\n|\r)*incomplete(?:.|\n|\r)*code 1\n/);
  });

  test('a file that is written to while it is read is not kept: 4', async () => {
    const here = large();
    const { ended } = start(['encrypt', here.at('large'), '--key', ALIAS]);
    await until(() => partialIn(here));
    appendFileSync(here.at('large'), 'more');
    const { exitCode, stderr } = await ended;
    assert.deepEqual([exitCode, /was changed while it was read/.test(stderr)], [4, true], stderr);
    assert.deepEqual(here.names(), ['large']);
  });
});

/** Takes calls and never answers. */
async function hanging(): Promise<Disposable & { readonly url: string; readonly asked: boolean }> {
  let asked = false;
  const server = createServer(() => {
    asked = true;
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get asked() {
      return asked;
    },
    [Symbol.dispose]() {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** In front of the server; after so many calls it is gone. */
async function lostAfter(calls: number) {
  let served = 0;
  const proxy = createServer((incoming, outgoing) => {
    if (served++ >= calls) {
      incoming.socket.destroy();
      proxy.close();
      return;
    }
    const { method, url, headers } = incoming;
    const { port, hostname } = new URL(kms.server.url);
    const passing = request({ port, hostname, method, path: url, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 0, answer.headers);
      answer.pipe(outgoing);
    });
    incoming.pipe(passing);
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  return `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
}

describe('the server', { concurrency: 2, timeout: 60_000 }, () => {
  test('lost in the middle: what was done is complete, the rest is named: 3', async () => {
    const here = place();
    for (const name of ['a', 'b', 'c', 'd']) {
      here.write(name, name);
      await run(['encrypt', here.at(name), '-o', here.at(`in/${name}.kenv`), '--key', kms.work]);
    }
    const endpoint = await lostAfter(2);
    const { exitCode, stderr, stdout } = await run([
      'decrypt',
      here.at('in'),
      '-o',
      here.at('out'),
      '--allow',
      kms.work,
      '--endpoint',
      endpoint,
    ]);
    assert.equal(exitCode, 3, stderr);
    assert.match(stdout, /2 of 4 files decrypted/);
    assert.equal(stderr.match(/^error: .*\.kenv: /gm)?.length, 2);
    assert.equal(readdirSync(here.at('out')).length, 2);
  });

  test('that refuses is quoted with its request id and what to do; nothing is left: 1', async () => {
    const { KeyId, Arn } = (await kms.server.call('CreateKey')).body.KeyMetadata;
    const here = place();
    here.write('plain', 'x');
    await run(['encrypt', here.at('plain'), '-o', here.at('e'), '--key', Arn]);
    await kms.server.call('DisableKey', { KeyId });
    for (const args of [
      ['encrypt', here.at('plain'), '-o', here.at('d/e2'), '--key', Arn],
      ['decrypt', here.at('e'), '-o', here.at('d/back'), '--allow', Arn],
    ]) {
      const { exitCode, stderr } = await run(args);
      assert.equal(exitCode, 1);
      assert.match(
        stderr,
        /Rejected\.Disabled(?:.|\n|\r)*request id [0-9A-F-]{36}(?:.|\n|\r)*try: .*EnableKey/,
      );
    }
    assert.deepEqual(here.names(), ['e', 'plain']);
  });

  test('of one region that does not answer: the other opens the file, and that is said', async () => {
    const { file, at, read } = await sealedBy(kms, content(10), '--key', BACKUP);
    const alone = { ...kms.environment, KEYHOLD_ENDPOINT: '', HOME: at('home') };
    const closed = await lostAfter(0);
    await fetch(closed).catch(() => {});
    const configure = (...flags: string[]) => keyhold(['configure', 'set', ...flags], alone);
    await configure('--profile', 'hz', '--endpoint', closed, '--region', 'cn-hangzhou');
    await configure('--profile', 'sh', '--endpoint', kms.server.url, '--region', 'cn-shanghai');
    const allow = ['--allow', kms.work, '--allow', kms.backup];
    const opened = await keyhold(['decrypt', file, '-o', at('back'), ...allow], alone);
    assert.equal(opened.exitCode, 0, opened.stderr);
    assert.match(opened.stderr, new RegExp(`note: opened by another key, because ${kms.work} failed`));
    assert.deepEqual(read('back'), content(10));
    const alas = await keyhold(['decrypt', file, '-o', at('b2'), '--allow', kms.work], alone);
    assert.deepEqual([alas.exitCode, /refused the connection/.test(alas.stderr)], [3, true], alas.stderr);
    const encrypting = await keyhold(['encrypt', file, '-o', at('d/e'), '--key', kms.work], alone);
    assert.deepEqual([encrypting.exitCode, existsSync(at('d'))], [3, false]);
  });
});

test('at a terminal: no binary data; text, and a bar for long work', { timeout: 60_000 }, async () => {
  const { file, at, write } = await sealedBy(kms, Buffer.from('text\n'));
  const terminal = async (line: string, before = 'true'): Promise<string> => {
    const command = `${before} | ${process.execPath} ${KEYHOLD} ${line}; echo "code $?"`;
    return (await around('script', ['-qec', command, '/dev/null'])).stdout;
  };
  assert.match(
    await terminal(`encrypt ${file} -o - --key ${ALIAS}`),
    /does not go to a terminal(?:.|\n|\r)*code 2/,
  );
  assert.match(await terminal(`decrypt ${file} -o - ${ANY}`), /^text\r\ncode 0/);
  const binary = await run(['encrypt', write('b', Buffer.from([0, 27, 91])), '--key', ALIAS]);
  assert.equal(binary.exitCode, 0);
  assert.match(
    await terminal(`decrypt ${at('b.kenv')} -o - ${ANY}`),
    /does not go to a terminal(?:.|\n|\r)*code 2/,
  );
  const slowly = '(head -c 99999 /dev/zero; sleep 1; head -c 99999 /dev/zero)';
  const watched = await terminal(`encrypt - -o ${at('slow')} --key ${ALIAS}`, slowly);
  assert.match(watched.replaceAll('\x1b', 'ESC'), /\r[\d.]+ KiB {2}[\d.]+ KiB\/sESC\[K\rESC\[K/);
  assert.match(watched, /code 0\r\n$/);
});
