import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';

/** Published vectors: what they are, and what was left out of them, is in the README beside them. */
export interface Vector {
  /** File, number and comment, for messages. */
  readonly name: string;
  readonly valid: boolean;
  readonly flags: readonly string[];
}

interface Line extends Readonly<Record<string, unknown>> {
  readonly numberOfTests?: number;
  readonly tcId?: number;
  readonly comment?: string;
  readonly flags?: readonly string[];
  readonly result?: string;
}

/** All vectors of a file in its order. `fields` are hexadecimal, of the vector or its group. */
function load<Field extends string>(
  file: string,
  fields: readonly Field[],
): readonly (Vector & Readonly<Record<Field, Buffer>>)[] {
  const text = readFileSync(new URL(`${file}.jsonl`, import.meta.url), 'utf8');
  const [head, ...lines] = text
    .trimEnd()
    .split('\n')
    .map((line): Line => JSON.parse(line));
  let group: Line = {};
  const vectors = lines.flatMap((line) => {
    if (line.tcId === undefined) {
      group = line;
      return [];
    }
    const name = `${file} ${line.tcId} ${line.comment}`;
    assert.ok(line.result === 'valid' || line.result === 'invalid', name);
    const bytes = fields.map((field) => [field, fromHex(line[field] ?? group[field], `${name}: ${field}`)]);
    return [{ name, valid: line.result === 'valid', flags: line.flags ?? [], ...Object.fromEntries(bytes) }];
  });
  assert.equal(vectors.length, head?.numberOfTests, file);
  return vectors;
}

function fromHex(text: unknown, what: string): Buffer {
  assert.ok(typeof text === 'string', what);
  const bytes = Buffer.from(text, 'hex');
  assert.equal(bytes.length * 2, text.length, what);
  return bytes;
}

export const loadAead = (file: 'aes_gcm' | 'sm4_gcm' | 'aes_eax') =>
  load(file, ['key', 'iv', 'aad', 'msg', 'ct', 'tag']);

export const loadCbc = () => load('aes_cbc_pkcs5', ['key', 'iv', 'msg', 'ct']);

export const loadMacs = (file: 'hmac_sha256' | 'aes_cmac') => load(file, ['key', 'msg', 'tag']);

/** The invalid ones ask for a byte more than HKDF gives. */
export const loadHkdf = () => load('hkdf_sha256', ['ikm', 'salt', 'info', 'okm']);

/** The message of an invalid one is that of the ciphertext it was made from. */
export const loadPkcs1 = (bits: 2048 | 3072 | 4096) =>
  load(`rsa_pkcs1_${bits}`, ['privateKeyPkcs8', 'msg', 'ct']);

export const loadOaep = (
  file:
    | 'rsa_oaep_2048_sha1_mgf1sha1'
    | 'rsa_oaep_2048_sha256_mgf1sha1'
    | `rsa_oaep_${2048 | 3072 | 4096}_sha256_mgf1sha256`,
) => load(file, ['privateKeyPkcs8', 'msg', 'ct', 'label']);
