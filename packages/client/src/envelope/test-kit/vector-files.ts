import { fileBytesOf, layoutOfPlaintext } from '../format/chunks.ts';
import { writeContext } from '../format/context.ts';
import { sealChunks } from '../keys/chunk-cipher.ts';
import { sealEnvelope } from '../keys/write-envelope.ts';
import { MemoryKms } from './memory-kms.ts';
import { CHUNK_LOG2, CONTEXT, DATA_KEY, recipientOf, SALT, type Vector } from './vectors.ts';

/** The file of a vector, as this library writes it. */
export function vectorFile({ storeContext, recipients, plaintext, headerBytes }: Vector): Uint8Array {
  const { header, keys } = sealEnvelope(
    { storeContext, contextBytes: writeContext(CONTEXT), chunkLog2: CHUNK_LOG2 },
    DATA_KEY,
    recipients.map(recipientOf),
    headerBytes === 4096 ? undefined : plaintext.length, // V3 is padded, as if its length had not been known
    SALT,
  );
  const layout = layoutOfPlaintext(header.length, 2 ** CHUNK_LOG2, plaintext.length);
  const file = new Uint8Array(fileBytesOf(layout));
  file.set(header);
  sealChunks(
    keys.payload(),
    layout,
    { first: 0, end: layout.chunks },
    plaintext,
    file.subarray(header.length),
  );
  return file;
}

/** A KMS that knows the blobs of the vectors. */
export function vectorKms(): MemoryKms {
  const kms = new MemoryKms();
  for (const name of ['a', 'b'] as const) {
    const blob = Buffer.from(recipientOf(name).ciphertext).toString('base64');
    kms.known.set(blob, { KeyId: `key-${name}`, Plaintext: DATA_KEY.toString('base64') });
  }
  return kms;
}
