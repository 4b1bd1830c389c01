import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { inspectSdkBytes } from '@keyhold/client/envelope/sdk/inspect.ts';
import { plaintextOf, sdkVectors } from '@keyhold/client/envelope/sdk/test-kit/vectors.ts';
import { answer, scriptedServer } from '@keyhold/client/test-kit/scripted-server.ts';
import { keyhold } from '../../test-kit/cli-process.ts';

const directory = mkdtempSync(join(tmpdir(), 'keyhold-sdk-forms-'));
after(() => rmSync(directory, { recursive: true }));
const at = (name: string): string => join(directory, name);

/** A message of the vendor's SDK, and a server that opens its data key. */
async function received(id: string) {
  const vector = sdkVectors.find((each) => each.id === id) ?? assert.fail(id);
  const message = Buffer.from(vector.message, 'base64');
  writeFileSync(at(id), message);
  const [cmk = ''] = inspectSdkBytes(message, vector.storedHeader).header?.cmks ?? [];
  const server = await scriptedServer();
  after(() => server.close());
  server.play(
    answer(200, {
      KeyId: cmk.slice(cmk.lastIndexOf('/') + 1),
      KeyVersionId: 'v',
      Plaintext: vector.dataKeyPlaintext,
      RequestId: 'r',
    }),
  );
  const environment = {
    HOME: directory,
    ALIBABA_CLOUD_ACCESS_KEY_ID: 'id',
    ALIBABA_CLOUD_ACCESS_KEY_SECRET: 'secret',
    KEYHOLD_ENDPOINT: server.url,
  };
  const to = at(`${id}.opened`);
  return {
    server,
    storedHeader: vector.storedHeader,
    plaintext: plaintextOf(vector),
    opened: () => readFileSync(to),
    decrypt: (...flags: string[]) =>
      keyhold(['decrypt', at(id), '-o', to, '--force', '--allow', cmk, ...flags], environment),
  };
}

describe('messages that need a flag', { concurrency: 4, timeout: 60_000 }, () => {
  for (const id of ['py-secretmanager', 'java-stream-secretmanager']) {
    test(`${id}: the header is in a secret`, async () => {
      const { decrypt, storedHeader, plaintext, opened } = await received(id);
      const without = await decrypt();
      assert.match(without.stderr, /the message has no header: .*\n {2}try: --stored-header FILE\n$/);
      assert.equal(without.exitCode, 2);
      writeFileSync(at(`${id}.header`), `${storedHeader}\n`);
      const { exitCode, stderr } = await decrypt('--stored-header', at(`${id}.header`));
      assert.deepEqual([exitCode, stderr], [0, '']);
      assert.deepEqual(opened(), plaintext);
    });
  }

  for (const id of ['py-ctr256', 'py-cbc256-pkcs5', 'java-stream-cbc256-pkcs5']) {
    test(`${id}: nothing tells whether it was changed`, async () => {
      const { decrypt, plaintext, opened, server } = await received(id);
      const without = await decrypt();
      assert.match(
        without.stderr,
        /does not tell whether it was changed.*\n {2}try: --allow-unauthenticated\n$/,
      );
      assert.deepEqual([without.exitCode, server.received.length], [2, 0]);
      const { exitCode, stderr } = await decrypt('--allow-unauthenticated');
      assert.deepEqual([exitCode, stderr], [0, '']);
      assert.deepEqual(opened(), plaintext);
    });
  }

  test('the help warns', async () => {
    const { stdout } = await keyhold(['decrypt', '--help']);
    assert.match(stdout.replace(/\s+/g, ' '), /--allow-unauthenticated .*changes of them go unnoticed/);
  });
});
