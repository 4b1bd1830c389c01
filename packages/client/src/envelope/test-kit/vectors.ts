import { createHash } from 'node:crypto';
import { cmkRecipient } from '../format/recipients.ts';

/** The vectors of the format's document (envelope formats 4.8). */

const sha256 = (...parts: (string | Uint8Array)[]): Buffer => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
};

const counted = (seed: string, length: number): Uint8Array => {
  const blocks = Array.from({ length: Math.ceil(length / 32) }, (_, i) => {
    const counter = Buffer.alloc(4);
    counter.writeUInt32BE(i);
    return sha256(seed, counter);
  });
  return Uint8Array.from(Buffer.concat(blocks).subarray(0, length));
};

export const DATA_KEY = Buffer.from(
  '1f19379170b32c0b4dbedc0bb007329f71654d28d0ed3b474dffd7c24b0695a3',
  'hex',
);
export const SALT = Buffer.from('5691817094dae01427352fc17a2776f33b38311a6184162391ebb8756bd4f2c1', 'hex');
export const CONTEXT = { app: 'demo' };
export const CONTEXT_BYTES = '00010003617070000464656d6f';
export const CHUNK_LOG2 = 12;

export const arnOf = (name: 'a' | 'b'): string => `acs:kms:cn-hangzhou:1234567890123456:key/key-${name}`;
export const recipientOf = (name: 'a' | 'b') =>
  cmkRecipient(arnOf(name), `v-${name}`, counted(`kenv-blob-${name}`, 40));

/** Of V1. */
export const KEYS = {
  commitment: '5cd8141a108bef37c23f5bd29d3ecb5670f051fba81caaf9e9145dc4c0f9c699',
  mac: 'a99c863aefbd7a815b6c2c1b5ca5f4d43c639c58d66ae78eef915476182f2bc6',
  payload: '7027768813aca119ede909573c972259ca14f779053888ed3dd70af172f02d4f',
};

export const V1_FILE = `
894b454e560d0a1a01010c005691817094dae01427352fc17a2776f33b38311a6184162391ebb8756bd4f2c15cd8141a108bef37c23f5bd29d3ecb56
70f051fba81caaf9e9145dc4c0f9c699000000e40001000d00010003617070000464656d6f0100005f002e6163733a6b6d733a636e2d68616e677a68
6f753a313233343536373839303132333435363a6b65792f6b65792d610003762d610028842934e7d1d7041e0e21ceb00aea5fe59dfeeeead5184969
b3e72c5c6c05af1a8725bee8b0111454a9da68f6528090586b9cb7b8026b03a3b8e95aa58abc6ff432191077f07c3477f866cf631b60b017524d74fc
28867e4476dabf1ab956bb208e1d00`.replaceAll('\n', '');

export interface Vector {
  readonly name: string;
  readonly plaintext: Uint8Array;
  readonly recipients: readonly ('a' | 'b')[];
  readonly storeContext: boolean;
  readonly headerBytes: number;
  readonly chunks: number;
  readonly fileBytes: number;
  /** SHA-256 of the file. */
  readonly sha256: string;
}

const plaintext = (length: number): Uint8Array => counted('kenv-pt', length);

export const VECTORS: readonly Vector[] = [
  {
    name: 'V1',
    plaintext: Buffer.from('hello, kenv'),
    recipients: ['a'],
    storeContext: true,
    headerBytes: 228,
    chunks: 1,
    fileBytes: 255,
    sha256: sha256(Buffer.from(V1_FILE, 'hex')).toString('hex'),
  },
  {
    name: 'V2',
    plaintext: plaintext(10_000),
    recipients: ['a', 'b'],
    storeContext: true,
    headerBytes: 327,
    chunks: 3,
    fileBytes: 10_375,
    sha256: '526a9c5a206a843d188bcb83ce4c0a668066b7e5977eb50e65d754d5359edeb5',
  },
  {
    name: 'V3',
    plaintext: plaintext(8192),
    recipients: ['a'],
    storeContext: true,
    headerBytes: 4096,
    chunks: 3,
    fileBytes: 12_336,
    sha256: '71cf5e82ed498f8104cb996b1733d297e8b7edab9c7e467cdbf962fa277d66e1',
  },
  {
    name: 'V4',
    plaintext: plaintext(0),
    recipients: ['a'],
    storeContext: false,
    headerBytes: 215,
    chunks: 1,
    fileBytes: 231,
    sha256: '622320d18580d1f23cc00c0ba26189ab43c5bfc4e8cfc9267b2ff091d010c5ef',
  },
];
