import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { type Connect, type DataKeys, parseCmk } from '../keys/data-keys.ts';

/** A small KMS that really encrypts and binds the context, counts its calls, and can be told to fail. */
export class MemoryKms implements DataKeys {
  readonly calls: { readonly action: string; readonly KeyId: string }[] = [];
  /** Thrown by every call while it is set. */
  failure: Error | undefined;
  /** Awaited by every call. */
  gate: Promise<void> | undefined;
  /** What Decrypt of these blobs gives, where it is not ours. */
  readonly known = new Map<string, { readonly KeyId: string; readonly Plaintext: string }>();
  readonly #keys = new Map<string, Uint8Array>();

  readonly connect: Connect = () => this;

  async GenerateDataKey(request: Parameters<DataKeys['GenerateDataKey']>[0]) {
    const Plaintext = randomBytes(request.NumberOfBytes ?? 32).toString('base64');
    await this.#enter('GenerateDataKey', request.KeyId);
    return { ...this.#seal(request.KeyId, Plaintext, request.EncryptionContext), Plaintext };
  }

  async Encrypt(request: Parameters<DataKeys['Encrypt']>[0]) {
    await this.#enter('Encrypt', request.KeyId);
    return this.#seal(request.KeyId, request.Plaintext, request.EncryptionContext);
  }

  async Decrypt({ CiphertextBlob, EncryptionContext }: Parameters<DataKeys['Decrypt']>[0]) {
    const blob = Buffer.from(CiphertextBlob, 'base64');
    const known = this.known.get(CiphertextBlob);
    const KeyId = known?.KeyId ?? blob.toString('latin1', 1, 1 + (blob[0] ?? 0));
    await this.#enter('Decrypt', KeyId);
    if (known) return { ...known, KeyVersionId: 'v1' };
    const body = blob.subarray(1 + KeyId.length);
    const decipher = createDecipheriv('aes-256-gcm', this.#key(KeyId), body.subarray(0, 12));
    decipher.setAAD(Buffer.from(text(EncryptionContext))).setAuthTag(body.subarray(-16));
    const plaintext = Buffer.concat([decipher.update(body.subarray(12, -16)), decipher.final()]);
    return { KeyId, KeyVersionId: 'v1', Plaintext: plaintext.toString() };
  }

  async #enter(action: string, KeyId: string): Promise<void> {
    this.calls.push({ action, KeyId });
    await this.gate;
    if (this.failure) throw this.failure;
  }

  #seal(arn: string, plaintext: string, context: Record<string, string> | undefined) {
    const { keyId: KeyId } = parseCmk(arn);
    const iv = randomBytes(12);
    const cipher = createCipheriv('aes-256-gcm', this.#key(KeyId), iv).setAAD(Buffer.from(text(context)));
    const body = Buffer.concat([iv, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
    const blob = Buffer.concat([Buffer.of(KeyId.length), Buffer.from(KeyId), body]);
    return { KeyId, KeyVersionId: 'v1', CiphertextBlob: blob.toString('base64') };
  }

  #key(keyId: string): Uint8Array {
    const key = this.#keys.get(keyId) ?? randomBytes(32);
    this.#keys.set(keyId, key);
    return key;
  }
}

const text = (context: Record<string, string> | undefined): string =>
  JSON.stringify(Object.entries(context ?? {}).sort());

export const CMK = 'acs:kms:cn-hangzhou:1000000000000001:key/key-one';
export const OTHER_CMK = 'acs:kms:cn-beijing:1000000000000001:key/key-two';
