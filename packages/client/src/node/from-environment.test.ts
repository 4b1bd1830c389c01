import assert from 'node:assert/strict';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { temporaryDirectory } from '../../../../test/temporary-directory.ts';
import { type CredentialProvider, firstOf } from '../credentials/credentials.ts';
import type { Environment } from '../credentials/environment.ts';
import { answer, scriptedServer } from '../test-kit/scripted-server.ts';
import { aliyunProfileSource, type StsOptions } from './aliyun-profile.ts';
import { fromEnvironment } from './from-environment.ts';
import { isLoopback, rootAccessKeySource } from './root-access-key.ts';

const directory = await temporaryDirectory();
const server = await scriptedServer();
after(async () => {
  await directory[Symbol.asyncDispose]();
  await server.close();
});
let files = 0;

async function fileOf(content: unknown): Promise<string> {
  const path = join(directory.path, `${++files}.json`);
  await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

const ak = {
  name: 'ak',
  mode: 'AK',
  access_key_id: 'id',
  access_key_secret: 'SECRET',
  sts_token: 'left over',
};
const sts = { ...ak, name: 'sts', mode: 'StsToken', sts_token: 'token' };
const roleProfile = {
  ...ak,
  name: 'role',
  mode: 'RamRoleArn',
  sts_token: '',
  ram_role_arn: 'acs:ram::1:role/r',
};
const config = {
  current: 'ak',
  profiles: [
    ak,
    sts,
    roleProfile,
    { ...ak, name: 'half', access_key_secret: '' },
    { name: 'ecs', mode: 'EcsRamRole' },
    { ...ak, name: 'proto', mode: '__proto__' },
  ],
  meta_path: '',
};

async function provide(content: unknown, environment: Environment = {}, options: StsOptions = {}) {
  const source = aliyunProfileSource(environment, options, await fileOf(content));
  return firstOf([source])();
}

describe('the profile file of the aliyun tool', () => {
  test('the current profile, or the one that is named', async () => {
    const plain = { accessKeyId: 'id', accessKeySecret: 'SECRET', securityToken: undefined };
    assert.deepEqual(await provide(config), plain);
    const named = { ALIBABA_CLOUD_PROFILE: 'sts' };
    assert.deepEqual(await provide(config, named), { ...plain, securityToken: 'token' });
    assert.deepEqual(await provide({ profiles: [{ ...ak, name: 'default', mode: 'ak' }] }), plain);
  });

  test('a role is assumed at the endpoint that serves everything', async () => {
    server.play(
      answer(200, {
        AssumedRoleUser: { Arn: 'a', AssumedRoleId: 'i' },
        Credentials: {
          AccessKeyId: 'STS.1',
          AccessKeySecret: 's',
          SecurityToken: 't',
          Expiration: new Date(Date.now() + 900_000).toISOString(),
        },
        RequestId: 'r',
      }),
    );
    const current = { ...config, current: 'role' };
    const { accessKeyId } = await provide(current, {}, { endpoint: server.url, region: 'cn-hangzhou' });
    assert.equal(accessKeyId, 'STS.1');
    const { request, body } = server.received[0] ?? assert.fail();
    assert.equal(request.headers['x-acs-version'], '2015-04-01');
    assert.match(request.headers.authorization ?? '', /Credential=id,/);
    assert.equal(new URLSearchParams(body.toString()).get('DurationSeconds'), '900');
  });

  test('or at the vendor, where the endpoint is one of the vendor, or where the profile says', async () => {
    const urls: string[] = [];
    const fetch = async (url: string) => {
      urls.push(url);
      throw new Error('offline');
    };
    const region = 'cn-hangzhou';
    const vendor = { endpoint: 'https://kms.cn-hangzhou.aliyuncs.com', region, fetch, attempts: 1 };
    for (const [profile, options] of [
      [roleProfile, vendor],
      [{ ...roleProfile, sts_region: 'eu-central-1' }, vendor],
      [roleProfile, { fetch, attempts: 1 }],
      [
        { ...roleProfile, sts_endpoint: 'sts.example:8443' },
        { ...vendor, endpoint: server.url },
      ],
    ] as const) {
      const attempt = provide({ current: 'role', profiles: [profile] }, {}, options);
      await assert.rejects(attempt, { name: 'KmsUnreachable' });
    }
    assert.deepEqual(urls, [
      'https://sts.cn-hangzhou.aliyuncs.com/',
      'https://sts.eu-central-1.aliyuncs.com/',
      'https://sts.aliyuncs.com/',
      'https://sts.example:8443/',
    ]);
  });

  test('what cannot be used is told without its secrets', async () => {
    const cases: [content: unknown, profile: string, said: RegExp][] = [
      [config, 'half', /the profile half has no access_key_secret; run aliyun configure/],
      [config, 'ecs', /the mode EcsRamRole of its profile ecs is not understood/],
      [config, 'proto', /the mode __proto__/],
      [config, 'none', /it has no profile none/],
      ['{"SECRET', 'ak', /cannot be understood/],
      ['null', 'ak', /cannot be understood/],
      [{ profiles: [{ ...ak, access_key_secret: ['SECRET'] }] }, 'ak', /profiles\.0\.access_key_secret/],
    ];
    for (const [content, name, said] of cases) {
      await assert.rejects(provide(content, { ALIBABA_CLOUD_PROFILE: name }), (error) => {
        assert.ok(error instanceof Error && error.name === 'CredentialsError');
        assert.match(error.message, said);
        assert.doesNotMatch(error.message, /SECRET/);
        return true;
      });
    }
  });

  test('it may be absent, or switched off', async () => {
    const missing = aliyunProfileSource({}, {}, join(directory.path, 'absent.json'));
    assert.equal(await missing.find(), 'there is none');
    const off = { ALIBABA_CLOUD_CLI_PROFILE_DISABLED: 'TRUE' };
    await assert.rejects(provide(config, off), /config|disabled/);
  });
});

test('the root access key of a server on this machine', async () => {
  const pair = { AccessKeyId: 'root', AccessKeySecret: 'SECRET' };
  const find = async (content: unknown) => firstOf([rootAccessKeySource(await fileOf(content))])();
  assert.deepEqual(await find(pair), { accessKeyId: 'root', accessKeySecret: 'SECRET' });
  await assert.rejects(find({ ...pair, AccessKeyId: 7 }), /cannot be understood \(AccessKeyId\)/);
  for (const url of ['http://127.0.0.1:1', 'http://localhost', 'https://[::1]:8', 'http://127.9.9.9']) {
    assert.ok(isLoopback(new URL(url)), url);
  }
  for (const url of ['http://127.0.0.1.evil', 'http://localhost.evil', 'http://10.0.0.1', 'http://[::2]']) {
    assert.ok(!isLoopback(new URL(url)), url);
  }
});

describe('fromEnvironment', () => {
  const pair = { ALIBABA_CLOUD_ACCESS_KEY_ID: 'id', ALIBABA_CLOUD_ACCESS_KEY_SECRET: 'secret' };
  const asked = ({ credentials }: { credentials: unknown }) => (credentials as CredentialProvider)();
  const NO_PROFILE = { ALIBABA_CLOUD_CLI_PROFILE_DISABLED: 'true' };

  test('what is given wins over what is set', async () => {
    const set = { KEYHOLD_ENDPOINT: ' http://set:1 ', ALIBABA_CLOUD_REGION_ID: 'set', ...pair };
    const options = fromEnvironment({}, set);
    assert.deepEqual([options.endpoint, options.region], ['http://set:1', 'set']);
    assert.equal((await asked(options)).accessKeyId, 'id');
    const given = { endpoint: 'http://given:1', region: 'given', credentials: async () => assert.fail() };
    assert.deepEqual(fromEnvironment(given, set), given);
  });

  test('the root access key is for this machine only, and after the environment', async () => {
    const data = join(directory.path, 'data');
    await mkdir(data);
    const file = join(data, 'root-access-key.json');
    await writeFile(file, JSON.stringify({ AccessKeyId: 'root', AccessKeySecret: 's' }));
    await chmod(file, 0o600);
    const environment = { KEYHOLD_DATA_DIR: data, ...NO_PROFILE };
    const from = (endpoint: string | string[], more: Environment = {}) =>
      asked(fromEnvironment({ endpoint }, { ...environment, ...more }));
    assert.equal((await from('http://127.0.0.1:8300')).accessKeyId, 'root');
    assert.equal((await from('http://127.0.0.1:8300', pair)).accessKeyId, 'id');
    for (const endpoint of ['https://kms.example', ['http://localhost', 'https://kms.example'], []]) {
      await assert.rejects(from(endpoint), /^CredentialsError: no credentials: (?!.*root access key)/);
    }
  });
});
