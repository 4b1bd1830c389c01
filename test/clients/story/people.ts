import { ACCOUNT } from '../server.ts';
import type { Body, Scene } from './scene.ts';

export const PLAINTEXT = 'SGVsbG8gd29ybGQ=';
export const READ_ONLY = { PolicyType: 'System', PolicyName: 'AliyunKMSReadOnlyAccess' };
export const CRYPTO_USER = { PolicyType: 'System', PolicyName: 'AliyunKMSCryptoUserAccess' };

/** What a client calls its own: names are unique in an account. */
export const names = ({ name }: Scene) => ({
  UserName: `ada.${name}`,
  GroupName: `readers-${name}`,
  PolicyName: `one-key-${name}`,
  RoleName: `batch-${name}`,
});

export const policyOf = (Action: string | readonly string[], Resource: string): string =>
  JSON.stringify({ Version: '1', Statement: [{ Effect: 'Allow', Action, Resource }] });

/** Every identity of the account may assume the role. */
export const TRUSTS_ACCOUNT = JSON.stringify({
  Version: '1',
  Statement: [
    { Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { RAM: [`acs:ram::${ACCOUNT}:root`] } },
  ],
});

export const roleArn = (name: string): string => `acs:ram::${ACCOUNT}:role/${name}`;

/** The credentials in an answer of STS. */
export const sessionOf = (issued: Body) => ({
  type: 'sts' as const,
  accessKeyId: issued.text('Credentials.AccessKeyId'),
  accessKeySecret: issued.text('Credentials.AccessKeySecret'),
  securityToken: issued.text('Credentials.SecurityToken'),
});
