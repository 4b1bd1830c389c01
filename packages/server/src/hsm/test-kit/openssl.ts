import { execFileSync } from 'node:child_process';
import type { KeyObject } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ImportAlgorithm } from '../token.ts';

const OPTIONS: Readonly<Record<ImportAlgorithm, readonly string[]>> = {
  RSAES_OAEP_SHA_1: ['rsa_padding_mode:oaep', 'rsa_oaep_md:sha1', 'rsa_mgf1_md:sha1'],
  RSAES_OAEP_SHA_256: ['rsa_padding_mode:oaep', 'rsa_oaep_md:sha256', 'rsa_mgf1_md:sha256'],
  RSAES_PKCS1_V1_5: ['rsa_padding_mode:pkcs1'],
};

/** As a customer encrypts key material with the openssl command. */
export function encryptByOpenssl(key: KeyObject, algorithm: ImportAlgorithm, material: Uint8Array): Buffer {
  const directory = mkdtempSync(join(tmpdir(), 'keyhold-openssl-'));
  try {
    const file = join(directory, 'public.pem');
    writeFileSync(file, key.export({ format: 'pem', type: 'spki' }));
    const options = OPTIONS[algorithm].flatMap((option) => ['-pkeyopt', option]);
    return execFileSync('openssl', ['pkeyutl', '-encrypt', '-pubin', '-inkey', file, ...options], {
      input: material,
    });
  } finally {
    rmSync(directory, { recursive: true });
  }
}
