import { randomInt } from 'node:crypto';
import type { DomainKey } from '../keys/domain-key.ts';
import type { SecretBytes } from '../secret-bytes.ts';
import type { AccessKey, Accounts } from '../store/store.ts';
import type { SigningSecret } from '../wires/request.ts';
import { createSigningSecret } from '../wires/signing-secret.ts';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/** Ids and secrets look as the vendor's do: `LTAI` and 20 characters, 30 characters (RAM page 1.2). */
export function newAccessKeyPair(): { id: string; secret: string } {
  return { id: `LTAI${randomText(20)}`, secret: randomText(30) };
}

/** `STS.` and 24 characters. */
export const newSessionKeyId = (): string => `STS.${randomText(24)}`;

function randomText(length: number): string {
  return Array.from({ length }, () => ALPHABET[randomInt(ALPHABET.length)]).join('');
}

type Fields = Pick<AccessKey, 'accessKeyId' | 'accountId' | 'owner' | 'status' | 'createdAt'>;

/** The row of an access key: its secret wrapped, and every other field covered by a MAC. */
export function sealAccessKey(domainKey: DomainKey, fields: Fields, secret: SecretBytes): AccessKey {
  const wrappedSecret = domainKey.wrap(identity(fields), secret);
  return { ...fields, wrappedSecret, mac: domainKey.mac(macFields(fields, wrappedSecret)) };
}

/** The same access key, switched on or off. */
export function withStatus(domainKey: DomainKey, row: AccessKey, status: AccessKey['status']): AccessKey {
  const switched = { ...row, status };
  return { ...switched, mac: domainKey.mac(macFields(switched, row.wrappedSecret)) };
}

/** Throws where the row is not as this server stored it. */
export function requireSealed(domainKey: DomainKey, row: AccessKey): void {
  if (domainKey.isMac(macFields(row, row.wrappedSecret), row.mac)) return;
  throw new Error(
    `the row of access key ${row.accessKeyId} of account ${row.accountId} was edited in the database; restore it`,
  );
}

export interface OpenAccessKey {
  readonly row: AccessKey;
  readonly secret: SigningSecret;
}

/** Opens access keys; an opened one lives exactly as long as its row stays in the store's bounded cache. */
export class AccessKeys {
  readonly #domainKey: DomainKey;
  readonly #store: Accounts;
  readonly #opened = new WeakMap<AccessKey, OpenAccessKey>();

  constructor(domainKey: DomainKey, store: Accounts) {
    this.#domainKey = domainKey;
    this.#store = store;
  }

  async find(accessKeyId: string): Promise<OpenAccessKey | undefined> {
    const row = await this.#store.findAccessKey(accessKeyId);
    return row && (this.#opened.get(row) ?? this.#open(row));
  }

  #open(row: AccessKey): OpenAccessKey {
    requireSealed(this.#domainKey, row);
    using secret = this.#domainKey.unwrap(identity(row), row.wrappedSecret);
    const opened = { row, secret: createSigningSecret(secret) };
    this.#opened.set(row, opened);
    return opened;
  }
}

function identity(row: Fields): readonly string[] {
  return ['access key secret', row.accountId, row.owner, row.accessKeyId];
}

function macFields(row: Fields, wrappedSecret: Uint8Array): readonly (string | Uint8Array)[] {
  return ['access key row', ...identity(row), row.status, String(row.createdAt), wrappedSecret];
}
