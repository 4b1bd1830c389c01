import assert from 'node:assert/strict';
import { setTimeout } from 'node:timers/promises';
import { createAccountIn } from '@keyhold/server/accounts/create-account-in.ts';
import { readConfig } from '@keyhold/server/config.ts';
import { ACCOUNT, type Credentials, type TestServer } from '../server.ts';

/** Every identity of the account may assume it. */
export const TRUSTS_ACCOUNT = JSON.stringify({
  Version: '1',
  Statement: [
    { Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { RAM: [`acs:ram::${ACCOUNT}:root`] } },
  ],
});

/** A key policy that lets everybody of an account do everything. */
export const allowAll = (accountId: string): string =>
  JSON.stringify({
    Version: '1',
    Statement: [
      { Effect: 'Allow', Principal: { RAM: [`acs:ram::${accountId}:*`] }, Action: 'kms:*', Resource: '*' },
    ],
  });

/** Another account on the same server, known to it before this returns. */
export async function makeAccount(server: TestServer, accountId: string): Promise<Credentials> {
  const config = readConfig({ KEYHOLD_DATA_DIR: server.dataDir });
  const made = await createAccountIn(config, { accountId, name: 'other' });
  const credentials = { accessKeyId: made.AccessKeyId, accessKeySecret: made.AccessKeySecret };
  while ((await server.sts('GetCallerIdentity', {}, credentials)).status !== 200) await setTimeout(50);
  return credentials;
}

/** A user with an access key and, where there are statements, a policy of its own name. */
export async function makeUser(
  server: TestServer,
  name: string,
  statements: readonly unknown[],
): Promise<Credentials> {
  assert.equal((await server.ram('CreateUser', { UserName: name })).status, 200);
  const { AccessKey } = (await server.ram('CreateAccessKey', { UserName: name })).body;
  if (statements.length > 0) {
    const PolicyDocument = JSON.stringify({ Version: '1', Statement: statements });
    const made = await server.ram('CreatePolicy', { PolicyName: name, PolicyDocument });
    assert.equal(made.status, 200, made.body.Message);
    const attached = { PolicyName: name, PolicyType: 'Custom', UserName: name };
    assert.equal((await server.ram('AttachPolicyToUser', attached)).status, 200);
  }
  return { accessKeyId: AccessKey.AccessKeyId, accessKeySecret: AccessKey.AccessKeySecret };
}
