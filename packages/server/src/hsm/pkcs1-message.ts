const LEAST_PADDING = 8;

/**
 * The message in a block `00 02 | 8 or more bytes that are not 0 | 00 | message` (RFC 8017, section 7.2.2), a view
 * on it; undefined where the block is not of that form. OpenSSL answers such a block with a random message
 * instead, which could have the length of a key. Reads all of the block whatever is in it.
 */
export function pkcs1Message(block: Uint8Array): Uint8Array | undefined {
  let end = 0;
  for (let at = block.length - 1; at >= 2; at--) if (block[at] === 0) end = at;
  const begins = ((block[0] ?? 1) | ((block[1] ?? 0) ^ 2)) === 0;
  return begins && end >= 2 + LEAST_PADDING ? block.subarray(end + 1) : undefined;
}
