/** Base64 in bytes: what Node makes of secrets are strings, which nobody can wipe. */

const DIGITS = Buffer.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/', 'latin1');

/** The digits of all of `bytes`, without padding, into `text`. */
export function writeBase64(bytes: Uint8Array, text: Uint8Array): void {
  for (let at = 0; at * 6 < bytes.length * 8; at++) {
    const [byte, bit] = [Math.floor((at * 6) / 8), (at * 6) % 8];
    const two = ((bytes[byte] ?? 0) << 8) | (bytes[byte + 1] ?? 0);
    text[at] = DIGITS[(two >> (10 - bit)) & 63] ?? 0;
  }
}

/** As many bytes as `bytes` has room for, from digits without padding; false where something else is among them. */
export function readBase64Into(bytes: Uint8Array, text: Uint8Array): boolean {
  bytes.fill(0);
  return text.every((each, at) => {
    const digit = DIGITS.indexOf(each);
    const [byte, bit] = [Math.floor((at * 6) / 8), (at * 6) % 8];
    const two = digit << (10 - bit);
    if (byte < bytes.length) bytes[byte] = (bytes[byte] ?? 0) | (two >> 8);
    if (byte + 1 < bytes.length) bytes[byte + 1] = two & 0xff;
    return digit >= 0;
  });
}
