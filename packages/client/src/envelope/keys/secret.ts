/**
 * Room for a secret that stays where it is: V8 keeps small typed arrays in its heap, and moving them leaves copies
 * that nobody wipes. An ArrayBuffer of its own is outside.
 */
export const secretRoom = (length: number): Uint8Array<ArrayBuffer> =>
  new Uint8Array(new ArrayBuffer(length));

/** For threads, which share it instead of getting copies: one wipe wipes it for all. */
export function sharedCopyOfSecret(secret: Uint8Array): Uint8Array<SharedArrayBuffer> {
  const copy = new Uint8Array(new SharedArrayBuffer(secret.length));
  copy.set(secret);
  return copy;
}

/** Wiped by whoever asked for it. */
export function copyOfSecret(secret: Uint8Array): Uint8Array<ArrayBuffer> {
  const copy = secretRoom(secret.length);
  copy.set(secret);
  return copy;
}
