import pkcs11, { type Template } from 'pkcs11js';

const {
  CKA_CLASS,
  CKA_DECRYPT,
  CKA_DERIVE,
  CKA_ENCRYPT,
  CKA_EXTRACTABLE,
  CKA_KEY_TYPE,
  CKA_LABEL,
  CKA_MODULUS_BITS,
  CKA_PRIVATE,
  CKA_PUBLIC_EXPONENT,
  CKA_SENSITIVE,
  CKA_SIGN,
  CKA_TOKEN,
  CKA_UNWRAP,
  CKA_VALUE_LEN,
  CKA_VERIFY,
  CKA_WRAP,
  CKK_AES,
  CKK_GENERIC_SECRET,
  CKO_PRIVATE_KEY,
  CKO_SECRET_KEY,
} = pkcs11;

const USES = {
  encrypt: CKA_ENCRYPT,
  decrypt: CKA_DECRYPT,
  sign: CKA_SIGN,
  verify: CKA_VERIFY,
  wrap: CKA_WRAP,
  unwrap: CKA_UNWRAP,
  derive: CKA_DERIVE,
} as const;
type Use = keyof typeof USES;

/** Said of every use, because tokens differ in what they allow where nothing is said. */
const uses = (allowed: readonly Use[], of: readonly Use[]): Template =>
  of.map((use) => ({ type: USES[use], value: allowed.includes(use) }));
const SECRET_KEY_USES = ['encrypt', 'decrypt', 'sign', 'verify', 'wrap', 'unwrap', 'derive'] as const;
const PRIVATE_KEY_USES = ['decrypt', 'sign', 'unwrap', 'derive'] as const;

const secretKey = (keyType: number, onToken: boolean, allowed: readonly Use[]): Template => [
  { type: CKA_CLASS, value: CKO_SECRET_KEY },
  { type: CKA_KEY_TYPE, value: keyType },
  { type: CKA_TOKEN, value: onToken },
  { type: CKA_PRIVATE, value: true },
  { type: CKA_SENSITIVE, value: true },
  { type: CKA_EXTRACTABLE, value: false },
  ...uses(allowed, SECRET_KEY_USES),
];
const length = (bytes: number): Template => [{ type: CKA_VALUE_LEN, value: bytes }];

/** A key with a label: it stays, and other keys are derived of it. */
export const keyTemplate = (label: string): Template => [
  ...secretKey(CKK_AES, true, ['derive']),
  { type: CKA_LABEL, value: label },
];
export const newKeyTemplate = (label: string, bytes: number): Template => [
  ...keyTemplate(label),
  ...length(bytes),
];

/** Derived keys live in the token's memory, as long as the connection. */
export const messageKeyTemplate = (bytes: number): Template => [
  ...secretKey(CKK_AES, false, ['encrypt', 'decrypt']),
  ...length(bytes),
];
export const macKeyTemplate = (bytes: number): Template => [
  ...secretKey(CKK_GENERIC_SECRET, false, ['sign']),
  ...length(bytes),
];

/** Material that is looked at before it becomes a key. */
export const candidateTemplate = (): Template => secretKey(CKK_AES, false, ['derive']);
/** Where the token does not tell a key's length, a copy is wrapped under a key that nobody has, and measured. */
export const measuredTemplate = (): Template =>
  candidateTemplate().map((attribute) =>
    attribute.type === CKA_EXTRACTABLE ? { ...attribute, value: true } : attribute,
  );
export const measuringKeyTemplate = (): Template => [...secretKey(CKK_AES, false, ['wrap']), ...length(32)];

/** The public half is exported at once and not kept. */
export const publicKeyTemplate = (bits: number): Template => [
  { type: CKA_TOKEN, value: false },
  { type: CKA_PRIVATE, value: false },
  { type: CKA_MODULUS_BITS, value: bits },
  { type: CKA_PUBLIC_EXPONENT, value: Buffer.from([1, 0, 1]) },
  { type: CKA_WRAP, value: true },
];
export const privateKeyTemplate = (label: string): Template => [
  { type: CKA_TOKEN, value: true },
  { type: CKA_PRIVATE, value: true },
  { type: CKA_SENSITIVE, value: true },
  { type: CKA_EXTRACTABLE, value: false },
  { type: CKA_LABEL, value: label },
  ...uses(['unwrap'], PRIVATE_KEY_USES),
];

export const KEPT_CLASSES = { key: CKO_SECRET_KEY, pair: CKO_PRIVATE_KEY } as const;
export type KeptClass = keyof typeof KEPT_CLASSES;

export const search = (kept: KeptClass, label?: string): Template => [
  { type: CKA_CLASS, value: KEPT_CLASSES[kept] },
  { type: CKA_TOKEN, value: true },
  ...(label === undefined ? [] : [{ type: CKA_LABEL, value: label }]),
];
