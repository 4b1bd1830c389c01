/**
 * Injective encoding of a list of fields: each as a 4-byte big-endian length and its bytes. Two different
 * lists never encode alike, so the result can be authenticated in place of the list.
 */
export function frame(fields: readonly (string | Uint8Array)[]): Buffer {
  const parts: Uint8Array[] = [];
  for (const field of fields) {
    const bytes = typeof field === 'string' ? Buffer.from(field, 'utf8') : field;
    const length = Buffer.allocUnsafe(4);
    length.writeUInt32BE(bytes.length);
    parts.push(length, bytes);
  }
  return Buffer.concat(parts);
}
