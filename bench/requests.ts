import { createHmac, randomBytes } from 'node:crypto';
import { joinEncoded, type Pair, sortByName } from '@keyhold/api/signature/canonical-query.ts';
import { percentEncode } from '@keyhold/api/signature/percent-encode.ts';
import { rpcStringToSign } from '@keyhold/api/signature/rpc.ts';

export const ACTIONS = ['GenerateDataKey', 'Decrypt', 'Encrypt'] as const;
export type Action = (typeof ACTIONS)[number];
export const isAction = (name: string): name is Action => (ACTIONS as readonly string[]).includes(name);

/** `zipf`: the n-th target is asked for in proportion to 1/n. */
export type Spread = 'uniform' | 'zipf';

export interface Signer {
  readonly accessKeyId: string;
  readonly accessKeySecret: string;
}

/** Whole requests, one after another: the n-th is from `ends[n - 1]` to `ends[n]`. */
export interface PreparedRequests {
  readonly bytes: Buffer;
  readonly ends: Float64Array;
}

/** The parameter that differs from request to request, and the ones that do not. */
const OPERATION: Record<Action, { readonly target: string; readonly fixed: readonly Pair[] }> = {
  GenerateDataKey: { target: 'KeyId', fixed: [['NumberOfBytes', '32']] },
  Decrypt: { target: 'CiphertextBlob', fixed: [] },
  Encrypt: { target: 'KeyId', fixed: [['Plaintext', Buffer.alloc(32, 7).toString('base64')]] },
};

export const REGION = 'cn-hangzhou';

/**
 * Signs `count` requests the way the Python client does (wire protocol 1.1): POST, everything in the query,
 * no body. Good for 15 minutes. `targets` are key ids, or ciphertext blobs for Decrypt.
 */
export function prepareRequests(
  action: Action,
  targets: readonly string[],
  spread: Spread,
  count: number,
  signer: Signer,
): PreparedRequests {
  const write = requestWriter(action, signer);
  const pick = picker(targets.length, spread);
  const longest = targets.reduce(
    (longest, target) => (target.length > longest.length ? target : longest),
    '',
  );
  // Percent-encoding turns one character of a blob into at most three.
  const bytes = Buffer.allocUnsafeSlow(count * (write('').length + 3 * longest.length + 8));
  const ends = new Float64Array(count);
  let end = 0;
  for (let i = 0; i < count; i++) {
    end += bytes.write(write(targets[pick()] ?? ''), end, 'latin1');
    ends[i] = end;
  }
  return { bytes: bytes.subarray(0, end), ends };
}

function requestWriter(action: Action, signer: Signer): (target: string) => string {
  const { target: targetName, fixed } = OPERATION[action];
  const timestamp = new Date().toISOString().replace(/\.\d+/, '');
  const headers =
    ' HTTP/1.1\r\nHost: 127.0.0.1\r\n' +
    'User-Agent: AlibabaCloud (Linux;x86_64) Python/3.11.7 Core/2.16.0 python-requests/2.18.3\r\n' +
    'Accept-Encoding: identity\r\nAccept: */*\r\nConnection: keep-alive\r\n' +
    `x-acs-action: ${action}\r\nx-acs-version: 2016-01-20\r\n` +
    'x-sdk-invoke-type: normal\r\nx-sdk-client: python/2.0.0\r\nContent-Length: 0\r\n\r\n';
  const secret = `${signer.accessKeySecret}&`;
  const nonces = randomBytes(10).toString('hex');
  let counter = 0;

  return (target) => {
    const parameters: Pair[] = [
      [targetName, target],
      ...fixed,
      ['Version', '2016-01-20'],
      ['Action', action],
      ['Format', 'JSON'],
      ['RegionId', REGION],
      ['Timestamp', timestamp],
      ['SignatureMethod', 'HMAC-SHA1'],
      ['SignatureType', ''],
      ['SignatureVersion', '1.0'],
      ['SignatureNonce', nonces + (counter++).toString(16).padStart(12, '0')],
      ['AccessKeyId', signer.accessKeyId],
    ];
    const query = joinEncoded(parameters);
    const toSign = rpcStringToSign('POST', joinEncoded(sortByName(parameters)));
    const signature = createHmac('sha1', secret).update(toSign).digest('base64');
    return `POST /?${query}&Signature=${percentEncode(signature)}${headers}`;
  };
}

function picker(size: number, spread: Spread): () => number {
  if (spread === 'uniform') return () => Math.floor(Math.random() * size);
  const cumulative = new Float64Array(size);
  let sum = 0;
  for (let i = 0; i < size; i++) {
    sum += 1 / (i + 1);
    cumulative[i] = sum;
  }
  return () => {
    const wanted = Math.random() * sum;
    let low = 0;
    let high = size - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((cumulative[middle] ?? 0) < wanted) low = middle + 1;
      else high = middle;
    }
    return low;
  };
}
