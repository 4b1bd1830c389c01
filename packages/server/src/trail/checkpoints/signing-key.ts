import { createPrivateKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { writeNewFile } from '../../files/new-file.ts';
import { DoesNotOpen, type DomainKey } from '../../keys/domain-key.ts';
import { SecretBytes } from '../../secret-bytes.ts';
import { StartError } from '../../start-error.ts';
import type { Settings } from '../../store/store.ts';
import { type Checkpoint, checkpointText } from './checkpoint.ts';
import { TrailPublicKey } from './public-key.ts';

const NAME = 'trail-signing-key';
const IDENTITY = [NAME, '1'];

/** The Ed25519 key of this service: signs checkpoints of its trail, and nothing else. */
export class SigningKey {
  readonly publicKey: TrailPublicKey;
  readonly #key: KeyObject;

  constructor(key: KeyObject) {
    this.#key = key;
    this.publicKey = new TrailPublicKey(key);
  }

  /** The checkpoint as a signed note. */
  sign(checkpoint: Checkpoint): string {
    const text = checkpointText(this.publicKey.origin, checkpoint);
    return this.publicKey.note(text, sign(null, Buffer.from(text), this.#key));
  }
}

/** Opens the key in the database, making it at the first start. Throws StartError where the row was changed. */
export async function openSigningKey(settings: Settings, domainKey: DomainKey): Promise<SigningKey> {
  const sealed = (await settings.get(NAME)) ?? (await settings.putOnce(NAME, sealNew(domainKey)));
  try {
    using secret = domainKey.unwrap(IDENTITY, sealed);
    const { buffer, byteOffset, byteLength } = secret.open();
    const key = Buffer.from(buffer, byteOffset, byteLength);
    return new SigningKey(createPrivateKey({ key, format: 'der', type: 'pkcs8' }));
  } catch (error) {
    if (!(error instanceof DoesNotOpen)) throw error;
    throw new StartError(
      `the setting ${NAME} in the database does not open: it was changed; restore the database. Nothing was overwritten`,
    );
  }
}

function sealNew(domainKey: DomainKey): Buffer {
  const { privateKey } = generateKeyPairSync('ed25519');
  using secret = new SecretBytes(privateKey.export({ type: 'pkcs8', format: 'der' }));
  return domainKey.wrap(IDENTITY, secret);
}

/**
 * Leaves the public half where auditors find it. Throws StartError where another one stands there: the key in
 * the database is then not the one whose public half was handed out.
 */
export async function exportPublicKey(path: string, { pem, fingerprint }: TrailPublicKey): Promise<void> {
  try {
    await writeNewFile(path, pem);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    if ((await readFile(path, 'utf8')) === pem) return;
    throw new StartError(
      `${path} is not the public half of the key in the database, which has the fingerprint ${fingerprint}: ` +
        'one of the two was replaced; restore the right one. Nothing was changed',
    );
  }
}
