import { parseKeyArn } from '@keyhold/api/arn.ts';
import { FieldReader, invalidHeader, joined, textOf, utf8, withLength } from './bytes.ts';

/** Who can open the data key. `encoded` is the whole entry: it is kept byte for byte when others change. */
export type Recipient = CmkRecipient | InstanceRecipient | RecoveryRecipient | UnknownRecipient;

interface Encoded {
  readonly encoded: Uint8Array;
}

/** Type 01: a CMK of KMS. */
export interface CmkRecipient extends Encoded {
  readonly kind: 'cmk';
  readonly cmk: string;
  /** For reports only; may be empty. */
  readonly keyVersionId: string;
  readonly ciphertext: Uint8Array;
}

/** Type 02: a key of a KMS Instance's gateway. Read and kept; this library neither writes nor opens it. */
export interface InstanceRecipient extends Encoded {
  readonly kind: 'instance';
  readonly cmk: string;
  readonly keyVersionId: string;
  readonly ciphertext: Uint8Array;
  readonly iv: Uint8Array;
  readonly algorithm: string;
}

/** Type 03: an RSA key that is kept offline. */
export interface RecoveryRecipient extends Encoded {
  readonly kind: 'recovery';
  /** SHA-256 of the DER SubjectPublicKeyInfo. */
  readonly fingerprint: Uint8Array;
  readonly ciphertext: Uint8Array;
}

export interface UnknownRecipient extends Encoded {
  readonly kind: 'unknown';
  readonly type: number;
}

/** Envelope formats 4.4. */
export const MAX_RECIPIENTS = 32;
export const MAX_CIPHERTEXT_BYTES = 8192;
const MAX_ARN_BYTES = 512;
const MAX_VERSION_ID_BYTES = 128;
const MAX_IV_BYTES = 64;
const MAX_ALGORITHM_BYTES = 64;
const FINGERPRINT_BYTES = 32;
const TYPE = { cmk: 1, instance: 2, recovery: 3 } as const;

export function cmkRecipient(cmk: string, keyVersionId: string, ciphertext: Uint8Array): CmkRecipient {
  const body = joined([utf8(cmk), utf8(keyVersionId), ciphertext].map(withLength));
  return { kind: 'cmk', cmk, keyVersionId, ciphertext, encoded: entry(TYPE.cmk, body) };
}

export function recoveryRecipient(fingerprint: Uint8Array, ciphertext: Uint8Array): RecoveryRecipient {
  const body = joined([fingerprint, ciphertext].map(withLength));
  return { kind: 'recovery', fingerprint, ciphertext, encoded: entry(TYPE.recovery, body) };
}

const entry = (type: number, body: Uint8Array): Uint8Array =>
  joined([Uint8Array.of(type, 0), withLength(body)]);

/** u8 type || u8 zero || u16 body length || body, `count` times; the reader stands behind them afterwards. */
export function parseRecipients(reader: FieldReader, count: number): Recipient[] {
  const recipients = Array.from({ length: count }, () => parseRecipient(reader));
  const cmks = recipients.flatMap((recipient) => (recipient.kind === 'cmk' ? [recipient.cmk] : []));
  if (new Set(cmks).size < cmks.length) throw invalidHeader('two of its recipients are the same CMK');
  return recipients;
}

function parseRecipient(reader: FieldReader): Recipient {
  const start = reader.at;
  const type = reader.u8();
  if (reader.u8() !== 0) throw invalidHeader('a reserved byte of a recipient is not zero');
  const body = reader.field('recipient', 0, 0xffff);
  const encoded = reader.since(start);
  const fields = new FieldReader(body);
  const recipient = parseBody(type, fields, encoded);
  if (recipient.kind !== 'unknown' && fields.left > 0) throw invalidHeader('a recipient has bytes left over');
  return recipient;
}

function parseBody(type: number, body: FieldReader, encoded: Uint8Array): Recipient {
  switch (type) {
    case TYPE.cmk:
      return { kind: 'cmk', ...cmkFields(body), encoded };
    case TYPE.instance:
      return {
        kind: 'instance',
        ...cmkFields(body),
        iv: body.field('IV', 1, MAX_IV_BYTES),
        algorithm: textOf(body.field('algorithm', 0, MAX_ALGORITHM_BYTES), 'algorithm'),
        encoded,
      };
    case TYPE.recovery:
      return {
        kind: 'recovery',
        fingerprint: body.field('fingerprint', FINGERPRINT_BYTES, FINGERPRINT_BYTES),
        ciphertext: body.field('data key', 1, MAX_CIPHERTEXT_BYTES),
        encoded,
      };
    default:
      return { kind: 'unknown', type, encoded };
  }
}

function cmkFields(body: FieldReader): Omit<CmkRecipient, 'kind' | 'encoded'> {
  const cmk = textOf(body.field('CMK', 1, MAX_ARN_BYTES), 'CMK');
  if (!parseKeyArn(cmk)) throw invalidHeader('a recipient names its CMK by something other than a key ARN');
  return {
    cmk,
    keyVersionId: textOf(body.field('key version', 0, MAX_VERSION_ID_BYTES), 'key version'),
    ciphertext: body.field('data key', 1, MAX_CIPHERTEXT_BYTES),
  };
}

/** The recipient as messages and lists name it. */
export function nameOf(recipient: Recipient): string {
  switch (recipient.kind) {
    case 'cmk':
    case 'instance':
      return recipient.cmk;
    case 'recovery':
      return `recovery key ${fingerprintText(recipient.fingerprint)}`;
    default:
      return `recipient of unknown type ${recipient.type}`;
  }
}

/** What a recipient is removed by: an ARN or a fingerprint, as `inspect` shows them. */
export const identifierOf = (recipient: Recipient): string =>
  recipient.kind === 'recovery' ? fingerprintText(recipient.fingerprint) : nameOf(recipient);

export const fingerprintText = (fingerprint: Uint8Array): string =>
  `SHA256:${Array.from(fingerprint, (byte) => byte.toString(16).padStart(2, '0')).join('')}`;
