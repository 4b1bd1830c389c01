import type { KeyObject } from 'node:crypto';
import { createHmac, createSecretKey } from 'node:crypto';
import type { SecretBytes } from '../secret-bytes.ts';
import type { SigningSecret } from './request.ts';

/** Keys for both schemes, made once. Copies the secret; the caller may wipe its own. */
export function createSigningSecret(secret: SecretBytes | string): SigningSecret {
  const bytes = typeof secret === 'string' ? Buffer.from(secret) : secret.open();
  const withAmpersand = Buffer.concat([bytes, Buffer.from('&')]);
  const acs4Bytes = Buffer.concat([Buffer.from('aliyun_v4'), bytes]);
  const rpcKey = createSecretKey(withAmpersand);
  const acs3Key = createSecretKey(bytes);
  const acs4Key = createSecretKey(acs4Bytes);
  withAmpersand.fill(0);
  acs4Bytes.fill(0);
  return {
    rpc: (algorithm, stringToSign) => hmac(algorithm, rpcKey, stringToSign),
    acs3: (algorithm, stringToSign) => hmac(algorithm, acs3Key, stringToSign),
    acs4(date, region, product, stringToSign) {
      let key: KeyObject | Buffer = acs4Key;
      for (const step of [date, region, product, 'aliyun_v4_request']) key = hmac('sha256', key, step);
      return hmac('sha256', key, stringToSign);
    },
  };
}

/** By way of text: `digest()` without an encoding allocates outside the heap and costs 0.5 µs more. */
const hmac = (algorithm: string, key: KeyObject | Buffer, text: string): Buffer =>
  Buffer.from(createHmac(algorithm, key).update(text).digest('base64'), 'base64');
