import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { EnvelopeError } from '@keyhold/client/envelope/envelope-error.ts';
import { decryptFile } from '@keyhold/client/envelope/file/decrypt-file.ts';
import { encryptFile } from '@keyhold/client/envelope/file/encrypt-file.ts';
import { inspectFile } from '@keyhold/client/envelope/file/inspect-file.ts';
import { rewrapFile } from '@keyhold/client/envelope/file/rewrap-file.ts';
import type { Connect } from '@keyhold/client/envelope/keys/data-keys.ts';
import { createKmsClient } from '@keyhold/client/kms.ts';
import { ROOT, startTestServer } from '../server.ts';
import { temporaryDirectory } from '../temporary-directory.ts';

const server = await startTestServer({ KEYHOLD_REGIONS: 'cn-hangzhou,cn-beijing' });
after(() => server.stop());

const clients = new Map(
  ['cn-hangzhou', 'cn-beijing'].map((region) => [
    region,
    createKmsClient({ endpoint: server.url, region, credentials: ROOT }),
  ]),
);
const connect: Connect = ({ region }) => clients.get(region) ?? assert.fail(region);

async function cmk(region: string): Promise<string> {
  const { KeyMetadata } = (await clients.get(region)?.CreateKey({})) ?? assert.fail();
  return KeyMetadata.Arn;
}

test('files travel through the real server: two regions, a context, a rewrap after a rotation', async () => {
  await using directory = await temporaryDirectory();
  const at = (name: string): string => join(directory.path, name);
  const [hangzhou, beijing] = [await cmk('cn-hangzhou'), await cmk('cn-beijing')];
  const plaintext = Buffer.alloc(1_200_000, 'keyhold');
  writeFileSync(at('plain'), plaintext);

  await encryptFile(at('plain'), at('sealed'), {
    connect,
    cmks: [hangzhou, beijing],
    context: { Überschrift: 'a "b"' },
  });
  for (const [i, arn] of [hangzhou, beijing].entries()) {
    await decryptFile(at('sealed'), at(`opened-${i}`), { connect, allow: [arn] });
    assert.ok(readFileSync(at(`opened-${i}`)).equals(plaintext));
  }

  await clients.get('cn-hangzhou')?.DisableKey({ KeyId: hangzhou });
  await assert.rejects(decryptFile(at('sealed'), at('x'), { connect, allow: [hangzhou] }), (error) => {
    assert.ok(error instanceof EnvelopeError && error.code === 'NoUsableRecipient');
    assert.match(error.message, /disabled/i);
    return true;
  });
  await rewrapFile(at('sealed'), { remove: [hangzhou], renew: true }, { connect, allow: [beijing] });
  const [recipient, ...others] = inspectFile(at('sealed')).recipients;
  assert.ok(recipient?.kind === 'cmk' && recipient.cmk === beijing && recipient.keyVersionId !== '');
  assert.deepEqual(others, []);
});
