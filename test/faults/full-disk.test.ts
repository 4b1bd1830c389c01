import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { dataPaths } from '@keyhold/server/files/data-paths.ts';
import { readTrail } from '@keyhold/server/trail/read.ts';
import { verifyTrail } from '@keyhold/server/trail/verify.ts';
import { type ServingProcess, serve } from '../server-process.ts';
import { temporaryDirectory } from '../temporary-directory.ts';

/**
 * The kernel refuses a process to let files grow past a size, as a full disk does: no root needed, and it
 * can be lifted while the process runs.
 */
function limitFiles(server: ServingProcess, bytes: number | 'unlimited'): void {
  execFileSync('prlimit', ['--pid', String(server.pid), `--fsize=${bytes}:unlimited`]);
}

interface Health {
  readonly status: string;
  readonly problems: readonly string[];
}

async function health(server: ServingProcess): Promise<Health & { readonly http: number }> {
  const response = await fetch(`${server.url}/healthz`);
  return { http: response.status, ...((await response.json()) as Health) };
}

async function untilHealth(server: ServingProcess, status: 'ok' | 'degraded'): Promise<Health> {
  for (;;) {
    const found = await health(server);
    if (found.status === status) return found;
    await sleep(50);
  }
}

async function sizeOfTrail(directory: string): Promise<number> {
  const names = await readdir(directory);
  return Math.max(
    ...(await Promise.all(names.map(async (name) => (await stat(join(directory, name))).size))),
  );
}

suite('a disk that takes no more', { timeout: 30_000 }, () => {
  test('the trail: nothing is answered that is not recorded, and it heals by itself', async () => {
    await using directory = await temporaryDirectory();
    const paths = dataPaths(directory.path);
    await using server = await serve(directory.path);
    const { KeyId } = (await server.call('CreateKey')).body.KeyMetadata;
    const sealed = await server.call('Encrypt', { KeyId, Plaintext: 'p' });
    const { CiphertextBlob } = sealed.body;
    limitFiles(server, (await sizeOfTrail(paths.trail)) + 5); // room for a part of a line
    assert.equal((await server.call('Decrypt', { CiphertextBlob })).status, 503);

    limitFiles(server, 5);
    const refused = [
      await server.call('Decrypt', { CiphertextBlob }),
      await server.call('GenerateDataKey', { KeyId }),
      await server.call('CreateKey', { Description: 'unrecorded' }),
      await server.call('DescribeKey', { KeyId: 'is not there' }),
    ];
    for (const { status, body } of refused) {
      assert.deepEqual([status, body.Code], [503, 'ServiceUnavailableTemporary']);
      assert.deepEqual(Object.keys(body).sort(), ['Code', 'HttpStatus', 'Message', 'RequestId']);
      assert.doesNotMatch(body.Message, /trail\/|EFBIG|\.trail|keyhold-fault/);
    }
    const degraded = await health(server);
    assert.deepEqual([degraded.http, degraded.status, degraded.problems[0]], [503, 'degraded', 'trail']);
    assert.doesNotMatch(await (await fetch(`${server.url}/metrics`)).text(), /keyhold-fault/);

    limitFiles(server, 'unlimited');
    assert.equal((await server.call('Decrypt', { CiphertextBlob })).body.Plaintext, 'p');
    await untilHealth(server, 'ok');
    const keys = await server.call('ListKeys');
    assert.equal(keys.body.TotalCount, 1, 'a write that could not be recorded was not begun');
    await server.end('SIGTERM');

    const verdict = await verifyTrail(paths.trail);
    assert.ok(verdict.ok);
    const ids = new Set<string>();
    for await (const { requestId } of readTrail(paths.trail)) ids.add(requestId);
    for (const { body } of refused) assert.ok(!ids.has(body.RequestId));
    assert.ok(ids.has(keys.body.RequestId));
  });

  test('the database: changes fail as a whole, what is stored goes on working, and it heals by itself', async () => {
    await using directory = await temporaryDirectory();
    const paths = dataPaths(directory.path);
    await using server = await serve(directory.path);
    const { KeyId } = (await server.call('CreateKey')).body.KeyMetadata;
    const { CiphertextBlob } = (await server.call('Encrypt', { KeyId, Plaintext: 'p' })).body;
    limitFiles(server, (await stat(`${paths.database}-wal`)).size);

    for (const [action, parameters] of [
      ['CreateKey', {}],
      ['DisableKey', { KeyId }],
      ['TagResource', { KeyId, Tags: '[{"TagKey":"a","TagValue":"b"}]' }],
      ['CreateAlias', { KeyId, AliasName: 'alias/a' }],
    ] as const) {
      const { status, body } = await server.call(action, parameters);
      assert.deepEqual([status, body.Code], [503, 'ServiceUnavailableTemporary'], action);
      assert.doesNotMatch(body.Message, /keyhold|SQLite|\//);
    }
    assert.equal((await server.call('Decrypt', { CiphertextBlob })).body.Plaintext, 'p');
    assert.deepEqual((await untilHealth(server, 'degraded')).problems, ['database']);

    limitFiles(server, 'unlimited');
    await untilHealth(server, 'ok');
    assert.equal((await server.call('ListKeys')).body.TotalCount, 1);
    assert.equal((await server.call('DescribeKey', { KeyId })).body.KeyMetadata.KeyState, 'Enabled');
    assert.equal((await server.call('CreateAlias', { KeyId, AliasName: 'alias/a' })).status, 200);
    assert.equal(await server.end('SIGTERM'), 0);
    assert.ok((await verifyTrail(paths.trail)).ok);
  });

  test('a stop on a full disk ends, and the next start finds everything', async () => {
    await using directory = await temporaryDirectory();
    await using first = await serve(directory.path);
    const { KeyId } = (await first.call('CreateKey')).body.KeyMetadata;
    limitFiles(first, 10);
    assert.equal((await first.call('DescribeKey', { KeyId })).status, 503);
    await first.end('SIGTERM');
    assert.doesNotMatch(first.stderr(), /^\s+at /m);
    await using second = await serve(directory.path);
    assert.equal((await second.call('DescribeKey', { KeyId })).status, 200);
  });
});
