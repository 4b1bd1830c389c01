import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { allowAll, makeAccount, makeUser, TRUSTS_ACCOUNT } from '../access/people.ts';
import { ACCOUNT, type Answer, type Credentials, startTestServer, type TestServer } from '../server.ts';

const OTHER = '1000000000000002';
const EVERYTHING = { Effect: 'Allow', Action: '*', Resource: '*' };
/** The last byte of the key id in a blob: version and suite come before it. */
const KEY_ID_END = 17;
let server: TestServer;
let other: Credentials;
let admin: Credentials;
/** Of the other account, tagged Project=Apollo. */
let foreign: string;

before(async () => {
  server = await startTestServer();
  other = await makeAccount(server, OTHER);
  foreign = (await server.call('CreateKey', {}, other)).body.KeyMetadata.KeyId;
  const Tags = '[{"TagKey":"Project","TagValue":"Apollo"}]';
  await server.call('TagResource', { KeyId: foreign, Tags }, other);
  admin = await makeUser(server, 'admin', [EVERYTHING]);
});
after(() => server[Symbol.asyncDispose]());

const arnOf = (keyId: string) => `acs:kms:cn-hangzhou:${OTHER}:key/${keyId}`;
const missing = () => foreign.replace(/.$/, (digit) => (digit === '0' ? '1' : '0'));
const isForbidden = ({ status, body }: Answer) =>
  status === 403 && /^(Forbidden\.)?NoPermission$/.test(body.Code);

/** An answer without what must differ. */
function told({ status, body }: Answer, ...asked: readonly string[]): string {
  return JSON.stringify({ status, ...body }, (name, value) => {
    if (name === 'RequestId') return undefined;
    if (name === 'EncodedDiagnosticMessage') return String(value).length;
    if (typeof value !== 'string') return value;
    return asked.reduce((text, each) => text.replaceAll(each, '<asked>'), value);
  });
}

async function share(...statements: readonly object[]): Promise<void> {
  const Policy = JSON.stringify({
    Version: '1',
    Statement: [...JSON.parse(allowAll(OTHER)).Statement, ...statements],
  });
  assert.equal((await server.call('SetKeyPolicy', { KeyId: foreign, Policy }, other)).status, 200);
}
const toAccount = { Principal: { RAM: [`acs:ram::${ACCOUNT}:*`] }, Action: 'kms:*', Resource: '*' };

test('a Deny on a system policy holds for its name in other letters', async () => {
  const who = await makeUser(server, 'attacher', [
    { Effect: 'Allow', Action: 'ram:*', Resource: '*' },
    { Effect: 'Deny', Action: 'ram:*', Resource: 'acs:ram:*:system:policy/AdministratorAccess' },
  ]);
  for (const PolicyName of ['AdministratorAccess', 'administratoraccess', 'ADMINISTRATORACCESS']) {
    const attached = { PolicyType: 'System', PolicyName, UserName: 'attacher' };
    assert.ok(isForbidden(await server.ram('AttachPolicyToUser', attached, who)), PolicyName);
  }
  const ReadOnly = { PolicyType: 'System', PolicyName: 'aliyunkmsreadonlyaccess', UserName: 'attacher' };
  assert.equal((await server.ram('AttachPolicyToUser', ReadOnly, who)).status, 200);
});

test('what was taken away is not given back by a call that began before', async () => {
  const mallory = await makeUser(server, 'mallory', []);
  const attached = { PolicyType: 'System', PolicyName: 'AdministratorAccess', UserName: 'mallory' };
  for (let round = 0; round < 5; round++) {
    assert.equal((await server.ram('AttachPolicyToUser', attached)).status, 200);
    let taken = false;
    let given = 0;
    const flood = Array.from({ length: 16 }, async () => {
      while (!taken) if ((await server.ram('AttachPolicyToUser', attached, mallory)).status === 200) given++;
    });
    assert.equal((await server.ram('DetachPolicyFromUser', attached)).status, 200);
    taken = true;
    await Promise.all(flood);
    assert.equal(given, 0);
  }
});

test('an access key that was switched off does not switch itself on by a call that began before', async () => {
  const mallory = await makeUser(server, 'switcher', [EVERYTHING]);
  const change = { UserName: 'switcher', UserAccessKeyId: mallory.accessKeyId };
  const switchTo = (Status: string, by?: Credentials) =>
    server.ram('UpdateAccessKey', { ...change, Status }, by);
  for (let round = 0; round < 5; round++) {
    assert.equal((await switchTo('Active')).status, 200);
    let off = false;
    const flood = Array.from({ length: 16 }, async () => {
      while (!off) await switchTo('Active', mallory);
    });
    assert.equal((await switchTo('Inactive')).status, 200);
    off = true;
    await Promise.all(flood);
    const answer = await server.sts('GetCallerIdentity', {}, mallory);
    assert.equal(answer.body.Code, 'InvalidAccessKeyId.Inactive');
  }
});

test('many changes at once, each permitted on what another has changed since, all succeed', async () => {
  const names = Array.from({ length: 40 }, (_, i) => `many-${i}`);
  const made = await Promise.all(names.map((UserName) => server.ram('CreateUser', { UserName }, admin)));
  assert.deepEqual([...new Set(made.map(({ status }) => status))], [200]);
});

test('a role of another account that does not trust the caller is answered like none', async () => {
  const trustOther = TRUSTS_ACCOUNT.replaceAll(ACCOUNT, OTHER);
  const denying = JSON.parse(trustOther);
  denying.Statement.push({ ...JSON.parse(TRUSTS_ACCOUNT).Statement[0], Effect: 'Deny' });
  for (const [RoleName, AssumeRolePolicyDocument] of [
    ['Closed', trustOther],
    ['Denying', JSON.stringify(denying)],
  ] as const) {
    const made = await server.ram('CreateRole', { RoleName, AssumeRolePolicyDocument }, other);
    assert.equal(made.status, 200, made.body.Message);
  }
  const onlyExact = await makeUser(server, 'exact', [
    { Effect: 'Allow', Action: 'sts:AssumeRole', Resource: 'acs:ram:*:*:role/Closed' },
  ]);
  for (const [who, names] of [
    [admin, ['Closed', 'closed', 'Denying', 'None']],
    [onlyExact, ['closed', 'none']],
  ] as const) {
    const answers = new Set<string>();
    for (const name of names) {
      const session = { RoleArn: `acs:ram::${OTHER}:role/${name}`, RoleSessionName: 'any' };
      const answer = await server.sts('AssumeRole', session, who);
      assert.ok(isForbidden(answer));
      answers.add(told(answer, name));
    }
    assert.equal(answers.size, 1, [...answers].join('\n'));
  }
});

test('a key of another account whose policy does not admit the caller is answered like none', async () => {
  const blob = (await server.call('Encrypt', { KeyId: foreign, Plaintext: 'x' }, other)).body.CiphertextBlob;
  const changed = Buffer.from(blob, 'base64');
  changed[KEY_ID_END] = (changed[KEY_ID_END] ?? 0) ^ 1;
  const otherBlob = changed.toString('base64');
  const nosy = await makeUser(server, 'nosy', [
    EVERYTHING,
    {
      Effect: 'Deny',
      Action: 'kms:Encrypt',
      Resource: '*',
      Condition: { StringLike: { 'kms:tag/Project': 'A*' } },
    },
  ]);
  const powerless = await makeUser(server, 'powerless', []);
  const shared: readonly (readonly object[])[] = [
    [],
    [{ ...toAccount, Effect: 'Deny' }],
    [{ ...toAccount, Effect: 'Allow', Action: 'kms:Verify' }],
  ];
  for (const statements of shared) {
    await share(...statements);
    for (const who of [undefined, admin, nosy, powerless]) {
      const answers = new Set<string>();
      for (const KeyId of [foreign, missing()].map(arnOf)) {
        answers.add(told(await server.call('Encrypt', { KeyId, Plaintext: 'x' }, who), KeyId));
      }
      assert.equal(answers.size, 1, [...answers].join('\n'));
      const decrypted = new Set<string>();
      for (const CiphertextBlob of [blob, otherBlob]) {
        const answer = await server.call('Decrypt', { CiphertextBlob }, who);
        decrypted.add(told(answer, foreign, keyIdIn(CiphertextBlob)));
      }
      assert.equal(decrypted.size, 1, [...decrypted].join('\n'));
    }
    for (const keyId of [foreign, missing()]) {
      const asked = { Principal: `acs:ram::${ACCOUNT}:user/nosy`, SimulatedAction: 'kms:Encrypt' };
      const { body } = await server.ram('SimulatePolicy', { ...asked, Resource: arnOf(keyId) });
      assert.equal(body.Code, 'Forbidden.KeyNotFound');
    }
  }
});

function keyIdIn(blob: string): string {
  const hex = Buffer.from(blob, 'base64')
    .subarray(2, KEY_ID_END + 1)
    .toString('hex');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

test("conditions on tags count in the policy of another account's key, either way", async () => {
  const only = (value: string) => ({ StringEquals: { 'kms:tag/Project': value } });
  const encrypt = () => server.call('Encrypt', { KeyId: arnOf(foreign), Plaintext: 'x' }, admin);
  await share({ ...toAccount, Effect: 'Allow', Condition: only('Apollo') });
  assert.equal((await encrypt()).status, 200);
  await share({ ...toAccount, Effect: 'Allow', Condition: only('Gemini') });
  assert.ok(isForbidden(await encrypt()));
});
