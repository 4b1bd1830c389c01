import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { constants, createPublicKey, publicEncrypt } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Answer, Parameters, TestServer } from '../server.ts';
import { temporaryDirectory } from '../temporary-directory.ts';

/** The ways to wrap, as OpenSSL knows them. */
export const PADDINGS = {
  RSAES_OAEP_SHA_1: { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha1' },
  RSAES_OAEP_SHA_256: { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' },
  RSAES_PKCS1_V1_5: { padding: constants.RSA_PKCS1_PADDING },
} as const;
export type Algorithm = keyof typeof PADDINGS;
export const ALGORITHMS = Object.keys(PADDINGS) as Algorithm[];

export interface ImportParameters {
  readonly KeyId: string;
  readonly PublicKey: string;
  readonly ImportToken: string;
  readonly TokenExpireTime: string;
}

/** The body of an answer that must be a success. */
export async function ok(
  server: TestServer,
  action: string,
  parameters: Parameters = {},
): Promise<Answer['body']> {
  const { status, body } = await server.call(action, parameters);
  assert.equal(status, 200, `${action}: ${JSON.stringify(body)}`);
  return body;
}

export const externalKey = async (server: TestServer, parameters: Parameters = {}): Promise<string> =>
  (await ok(server, 'CreateKey', { Origin: 'EXTERNAL', ...parameters })).KeyMetadata.KeyId;

export const importParameters = (
  server: TestServer,
  KeyId: string,
  WrappingAlgorithm: Algorithm = 'RSAES_OAEP_SHA_256',
  WrappingKeySpec = 'RSA_2048',
): Promise<ImportParameters> =>
  ok(server, 'GetParametersForImport', { KeyId, WrappingAlgorithm, WrappingKeySpec });

/** Wrapped by Node itself: nothing of the server is used. */
export function wrap(publicKey: string, material: Uint8Array, algorithm: Algorithm = 'RSAES_OAEP_SHA_256') {
  const key = createPublicKey({ key: Buffer.from(publicKey, 'base64'), format: 'der', type: 'spki' });
  return publicEncrypt({ key, ...PADDINGS[algorithm] }, material).toString('base64');
}

/**
 * Wrapped by the openssl command in a way of its own, such as `pkeyutl -pkeyopt rsa_padding_mode:oaep`: Node has no option
 * for the hash of MGF1.
 */
export async function wrapByOpenssl(publicKey: string, material: Uint8Array, way: string): Promise<string> {
  await using directory = await temporaryDirectory();
  const file = join(directory.path, 'public.der');
  writeFileSync(file, Buffer.from(publicKey, 'base64'));
  const [command = '', ...options] = way.split(' ');
  const args = [command, '-encrypt', '-pubin', '-inkey', file, '-keyform', 'DER', ...options];
  return execFileSync('openssl', args, { input: material, stdio: 'pipe' }).toString('base64');
}

/** OAEP with one hash, and MGF1 with another. */
export const oaepWithMgf1 = (hash: string, mgf1: string): string =>
  ['rsa_padding_mode:oaep', `rsa_oaep_md:${hash}`, `rsa_mgf1_md:${mgf1}`].reduce(
    (way, option) => `${way} -pkeyopt ${option}`,
    'pkeyutl',
  );

/** Imports the material, or tries to. */
export async function importMaterial(
  server: TestServer,
  KeyId: string,
  material: Uint8Array,
  more: Parameters = {},
): Promise<Answer> {
  const { PublicKey, ImportToken } = await importParameters(server, KeyId);
  const EncryptedKeyMaterial = wrap(PublicKey, material);
  return server.call('ImportKeyMaterial', { KeyId, EncryptedKeyMaterial, ImportToken, ...more });
}

export const describe = async (server: TestServer, KeyId: string) =>
  (await ok(server, 'DescribeKey', { KeyId })).KeyMetadata;
