import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { newKey, sign, startIssuer } from '@keyhold/server/oidc/test-kit/issuer.ts';
import { ROOT } from './install.ts';

const run = promisify(execFile);

/** A job that has nothing but a token of its OIDC issuer, and a role that it may take. */
export interface Workload extends AsyncDisposable {
  readonly oidcProviderArn: string;
  readonly roleArn: string;
  readonly subject: string;
  readonly token: string;
  readonly tokenFile: string;
}

const subject = 'job:nightly';
const audience = 'sts.aliyuncs.com';
const name = 'ci';

/** Starts an issuer and registers it, as the operator does, with the command of Keyhold; `env` says where. */
export async function startWorkload(
  accountId: string,
  directory: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<Workload> {
  const keyhold = (...args: string[]) => run(`${ROOT}node_modules/.bin/keyhold`, args, { env });
  const key = await newKey('ES256', 'k-1');
  const issuer = await startIssuer([key]);
  const oidcProviderArn = `acs:ram::${accountId}:oidc-provider/${name}`;
  const trust = {
    Effect: 'Allow',
    Action: 'sts:AssumeRole',
    Principal: { Federated: [oidcProviderArn] },
    Condition: { StringEquals: { 'oidc:sub': subject } },
  };
  const AssumeRolePolicyDocument = JSON.stringify({ Version: '1', Statement: [trust] });
  const provider = ['--OIDCProviderName', name, '--IssuerUrl', issuer.url, '--ClientIds', audience];
  await keyhold('ims', 'CreateOIDCProvider', ...provider);
  const role = ['--RoleName', name, '--AssumeRolePolicyDocument', AssumeRolePolicyDocument];
  await keyhold('ram', 'CreateRole', ...role);
  const policy = ['--PolicyType', 'System', '--PolicyName', 'AliyunKMSCryptoUserAccess'];
  await keyhold('ram', 'AttachPolicyToRole', '--RoleName', name, ...policy);
  const now = Math.floor(Date.now() / 1000);
  const claims = {
    iss: issuer.url,
    sub: subject,
    aud: audience,
    iat: now,
    exp: now + 3600,
    jti: randomUUID(),
  };
  const token = await sign(key, claims);
  const tokenFile = `${directory}/oidc-token`;
  writeFileSync(tokenFile, token);
  return {
    oidcProviderArn,
    roleArn: `acs:ram::${accountId}:role/${name}`,
    subject,
    token,
    tokenFile,
    [Symbol.asyncDispose]: () => issuer.close(),
  };
}
