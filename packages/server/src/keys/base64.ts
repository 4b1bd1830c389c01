/**
 * The bytes of a Base64 text, white space aside: programs pass lines read from a file with their ends still
 * attached. Undefined for any other spelling: Node would skip what is not Base64, and one value must have one text.
 */
export function readBase64(blob: string): Buffer | undefined {
  const text = /\s/.test(blob) ? blob.replace(/\s+/g, '') : blob;
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text ? bytes : undefined;
}
