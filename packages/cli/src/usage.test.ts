import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { describe, test } from 'node:test';
import { KMS } from '@keyhold/api/kms/product.ts';
import packageJson from '../package.json' with { type: 'json' };
import { keyhold } from './test-kit/cli-process.ts';

/** The tester's own profile must not decide a test. */
const NO_PROFILE = { ALIBABA_CLOUD_CLI_PROFILE_DISABLED: 'true' };
const NOWHERE = { KEYHOLD_DATA_DIR: '/nonexistent', ...NO_PROFILE };
const SOMEBODY = { ALIBABA_CLOUD_ACCESS_KEY_ID: 'id', ALIBABA_CLOUD_ACCESS_KEY_SECRET: 'secret' };

describe('help', { concurrency: 4 }, () => {
  test('keyhold --version', async () => {
    assert.deepEqual(await keyhold(['--version']), {
      exitCode: 0,
      stdout: `${packageJson.version}\n`,
      stderr: '',
    });
  });

  test('keyhold --help lists commands and exit codes', async () => {
    const { exitCode, stdout } = await keyhold(['--help']);
    assert.equal(exitCode, 0);
    for (const word of ['serve', 'call', 'account', 'trail', 'Exit codes:', '3  '])
      assert.ok(stdout.includes(word), word);
  });

  test('keyhold call --help lists every operation with its summary, under its group', async () => {
    const { exitCode, stdout } = await keyhold(['call', '--help']);
    assert.equal(exitCode, 0);
    const words = stdout.replace(/\s+/g, ' ');
    for (const { action, summary } of KMS.operations.values())
      assert.ok(words.includes(`${action} ${summary}`), action);
    assert.match(stdout, /^Aliases:\n {2}CreateAlias /m);
  });

  test('an operation tells its parameters, its permission and its errors', async () => {
    const { exitCode, stdout } = await keyhold(['call', 'Encrypt', '--help']);
    assert.equal(exitCode, 0);
    assert.match(stdout, /--KeyId <text> +key id, alias\/<name>, or key ARN \(required\)/);
    assert.match(stdout, /--Plaintext-file <path>/);
    assert.match(stdout, /--EncryptionContext <json>/);
    assert.match(stdout, /--DryRun \[true\|false\]/);
    assert.match(stdout, /Permission: kms:Encrypt/);
    assert.match(stdout, /409 {2}Rejected.Disabled/);
  });

  test('parameters that are not offered are not advertised', async () => {
    assert.doesNotMatch((await keyhold(['call', 'CreateKey', '--help'])).stdout, /DKMSInstanceId/);
  });
});

describe('wrong usage ends with 2 and says what is wrong', { concurrency: 4 }, () => {
  const cases: [
    args: string[],
    said: RegExp,
    environment?: Record<string, string>,
    stdin?: string | undefined,
  ][] = [
    [['clal'], /unknown command 'clal'\n\(Did you mean call\?\)/],
    [['call', 'Encrpt'], /Did you mean Encrypt\?\)\nsee keyhold call --help\n$/],
    [['encrypt'], /^error: missing required argument 'files'\nsee keyhold encrypt --help\n$/],
    [['configure', 'use'], /see keyhold configure use --help\n$/],
    [['call', 'CreateKey', '--query', 'KeyMetadata.Id'], /the answer has no Id there, but .*KeyId/, NOWHERE],
    [['call', 'generatedatakeywithoutplaintext'], /did you mean GenerateDataKeyWithoutPlaintext\?/],
    [['call', 'CreateSecret'], /CreateSecret is not served/],
    [['call', 'Encrypt', '--Plaintxt', 'x'], /unknown option '--Plaintxt'\n\(Did you mean --Plaintext\?\)/],
    [['call', 'Encrypt', '--KeyId', 'k'], /--Plaintext or --Plaintext-file is required/],
    [['call', 'DescribeKey', 'stray', '--KeyId', 'k'], /too many arguments/],
    [
      ['call', 'ScheduleKeyDeletion', '--KeyId', 'k', '--PendingWindowInDays', '3'],
      /--PendingWindowInDays: .*7 to 366 days/,
    ],
    [['call', 'CreateKey', '--KeySpec', 'AES'], /--KeySpec: .*Aliyun_AES_256, /],
    [['call', 'CreateKey', '--EnableAutomaticRotation'], /--RotationInterval: .*needed/],
    [['call', 'CreateKey', '--DKMSInstanceId', 'kst-1'], /KMS instance is not found/],
    [['call', 'Encrypt', '--KeyId', 'k', '--Plaintext', 'x', '--Plaintext-file', '-'], /not both/],
    [['call', 'Encrypt', '--KeyId', 'k', '--Plaintext-file', '/nonexistent'], /--Plaintext-file: ENOENT/],
    [['call', 'Encrypt', '--KeyId', 'k', '--Plaintext-file', process.execPath], /is not text; encode it/],
    [['call', 'DescribeRegions'], /no credentials: .*KEYHOLD_DATA_DIR/, NOWHERE],
    [
      ['call', 'DescribeRegions'],
      /no credentials: looked at the environment .*, the profile file .*; set [A-Z_]+ and [A-Z_]+\n$/,
      { KEYHOLD_ENDPOINT: 'https://kms.example:8443', ...NO_PROFILE },
    ],
    [['call', 'DescribeRegions'], /SECRET is not set/, { ALIBABA_CLOUD_ACCESS_KEY_ID: 'id' }],
    [['call', 'DescribeRegions', '--endpoint', 'localhost:8300'], /is not like http:/],
    [['trail', 'show'], /there is no trail/, NOWHERE],
    [['trail', 'show', '--last', 'all'], /--last: a number/, NOWHERE],
    [['trail', 'verify'], /there is no trail/, NOWHERE],
    [['trail', 'accept-break'], /required option '--reason/],
    [['trail', 'accept-break', '--reason', 'r'], /there is no database/, NOWHERE],
    [['account', 'create'], /there is no database/, NOWHERE],
    [['account', 'create', '--account-id', '12'], /--account-id: 16 digits/, NOWHERE],
  ];
  for (const [args, said, environment] of cases) {
    test(`keyhold ${args.join(' ')}`.slice(0, 100), async () => {
      const { exitCode, stdout, stderr } = await keyhold(args, environment);
      assert.match(stderr, said);
      assert.deepEqual({ exitCode, stdout }, { exitCode: 2, stdout: '' });
    });
  }
});

test('nobody listens: 3, the endpoint, and what to look at', async () => {
  const environment = { ...SOMEBODY, KEYHOLD_ENDPOINT: `http://127.0.0.1:${await unusedPort()}` };
  const { exitCode, stderr } = await keyhold(['call', 'DescribeRegions'], environment);
  assert.match(stderr, /^error: http:\/\/127\.0\.0\.1:\d+ refused the connection: is the server running/);
  assert.equal(exitCode, 3);
});

async function unusedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
