import { GetKeyPolicy } from '@keyhold/api/kms/key-policies.ts';
import { handler } from '../handler.ts';
import { defaultKeyPolicy } from './default-key-policy.ts';

export const getKeyPolicy = handler(GetKeyPolicy, async (kms, call) => {
  const { keyId, accountId } = call.key('KeyId');
  const directory = await kms.ram.get(accountId);
  return { Policy: directory.keyPolicyText(keyId) ?? defaultKeyPolicy(accountId) };
});
