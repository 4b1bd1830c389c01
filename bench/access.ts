import { readFileSync } from 'node:fs';
import { createKmsClient } from '@keyhold/client/kms.ts';
import { createRamClient } from '@keyhold/client/ram.ts';
import { type Case, measureMatrix, type Pace } from './matrix.ts';
import { loadTable, ratioTable } from './report.ts';
import type { Signer } from './requests.ts';
import { freshDataDir } from './seed.ts';
import { type Running, SIGNER, startKeyhold } from './servers.ts';

const CONNECTIONS = [1, 64];
const POLICY = {
  Version: '1',
  Statement: [
    {
      Effect: 'Allow',
      Action: ['kms:Encrypt', 'kms:Decrypt', 'kms:GenerateDataKey'],
      Resource: '*',
      Condition: { StringEqualsIgnoreCase: { 'kms:tag/Project': 'Apollo' } },
    },
  ],
};

/** What a decision costs: the account itself beside a user under a policy with a condition on a tag. */
export async function measureAccess(folder: string, pace: Pace) {
  const { dataDir, keys } = await freshDataDir(folder, 1000);
  const keyhold = await startKeyhold(dataDir);
  try {
    const user = await setUp(keyhold, readFileSync(keys, 'utf8').trim().split('\n'));
    const load = { action: 'GenerateDataKey', targets: keys } as const;
    const cases = CONNECTIONS.flatMap((connections): Case[] => [
      { name: 'account', connections, server: keyhold, load },
      { name: 'user', connections, server: keyhold, load: { ...load, signer: user } },
    ]);
    const measured = await measureMatrix(cases, pace);
    console.log(loadTable(measured));
    console.log(`\n${ratioTable(measured, ['account'])}\n`);
    return { measured };
  } finally {
    await keyhold.stop();
  }
}

/** Tags every key, and makes a user with an access key who may use what is tagged so. */
async function setUp({ port }: Running, keyIds: readonly string[]): Promise<Signer> {
  const options = { endpoint: `http://127.0.0.1:${port}`, credentials: SIGNER };
  const kms = createKmsClient(options);
  const tags = [{ TagKey: 'Project', TagValue: 'Apollo' }];
  for (const KeyId of keyIds) await kms.TagResource({ KeyId, Tags: tags });
  const ram = createRamClient(options);
  const UserName = 'bench';
  await ram.CreateUser({ UserName });
  await ram.CreatePolicy({ PolicyName: 'Apollo', PolicyDocument: JSON.stringify(POLICY) });
  await ram.AttachPolicyToUser({ PolicyType: 'Custom', PolicyName: 'Apollo', UserName });
  const { AccessKeyId, AccessKeySecret } = (await ram.CreateAccessKey({ UserName })).AccessKey;
  return { accessKeyId: AccessKeyId, accessKeySecret: AccessKeySecret };
}
