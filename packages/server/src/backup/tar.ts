/** A backup is a tar file (POSIX.1-1988, "ustar"), so that anybody can look into one. */
export const BLOCK_BYTES = 512;
const OCTAL_LIMIT = 8 ** 11;
const AT = {
  name: 0,
  mode: 100,
  owner: 108,
  group: 116,
  size: 124,
  time: 136,
  sum: 148,
  type: 156,
  magic: 257,
} as const;

export interface TarEntry {
  readonly name: string;
  readonly size: number;
  /** Seconds since 1970. */
  readonly time: number;
}

export function tarHeader({ name, size, time }: TarEntry): Buffer {
  const block = Buffer.alloc(BLOCK_BYTES);
  const octal = (value: number, at: number, digits: number) =>
    block.write(`${value.toString(8).padStart(digits, '0')}\0`, at, 'latin1');
  block.write(name, AT.name, 'latin1');
  octal(0o600, AT.mode, 7);
  octal(0, AT.owner, 7);
  octal(0, AT.group, 7);
  // From 8 GiB on as GNU tar writes it: binary, with the highest bit of the field set.
  if (size < OCTAL_LIMIT) octal(size, AT.size, 11);
  else {
    block[AT.size] = 0x80;
    block.writeBigUInt64BE(BigInt(size), AT.size + 4);
  }
  octal(time, AT.time, 11);
  block.write('0', AT.type, 'latin1');
  block.write('ustar\x0000', AT.magic, 'latin1');
  block.fill(' ', AT.sum, AT.type);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, AT.sum, 'latin1');
  return block;
}

/** Undefined where the block is not exactly one that `tarHeader` writes. */
export function readTarHeader(block: Buffer): TarEntry | undefined {
  const text = (at: number, length: number) =>
    block.toString('latin1', at, at + length).replace(/\0.*$/s, '');
  const binary = block[AT.size] === 0x80;
  const size = binary ? Number(block.readBigUInt64BE(AT.size + 4)) : Number.parseInt(text(AT.size, 12), 8);
  const entry = { name: text(AT.name, 100), size, time: Number.parseInt(text(AT.time, 12), 8) };
  if (!Number.isSafeInteger(entry.size) || !Number.isSafeInteger(entry.time)) return undefined;
  return tarHeader(entry).equals(block) ? entry : undefined;
}

/** Zeros from the end of a file to the next block. */
export const paddingAfter = (size: number): number => (BLOCK_BYTES - (size % BLOCK_BYTES)) % BLOCK_BYTES;
/** Zeros at the end. */
export const END_BYTES: number = 2 * BLOCK_BYTES;
