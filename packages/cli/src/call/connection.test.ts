import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { answer, scriptedServer } from '@keyhold/client/test-kit/scripted-server.ts';
import { temporaryDirectory } from '../../../../test/temporary-directory.ts';
import { keyhold } from '../test-kit/cli-process.ts';

const server = await scriptedServer();
const home = await temporaryDirectory();
after(async () => {
  await server.close();
  await home[Symbol.asyncDispose]();
});

test('without anything else, the profile of the aliyun tool calls, and that is said', async () => {
  server.play(answer(200, { Regions: { Region: [] }, RequestId: 'r' }));
  const profile = { name: 'default', mode: 'AK', access_key_id: 'LTAIprofile', access_key_secret: 'SECRET' };
  await mkdir(join(home.path, '.aliyun'));
  await writeFile(join(home.path, '.aliyun', 'config.json'), JSON.stringify({ profiles: [profile] }));
  const environment = { HOME: home.path, KEYHOLD_ENDPOINT: server.url, KEYHOLD_DATA_DIR: home.path };
  const { exitCode, stderr } = await keyhold(['call', 'DescribeRegions'], environment);
  assert.equal(stderr, `using the profile file ${home.path}/.aliyun/config.json\n`);
  assert.equal(exitCode, 0);
  assert.match(server.received[0]?.request.headers.authorization ?? '', /Credential=LTAIprofile,/);
});
