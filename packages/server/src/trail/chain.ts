import { hash } from 'node:crypto';

/**
 * A line is `<hash in hex> <json>\n`; its hash is SHA-256 of the previous line's hash (32 bytes) and the JSON.
 * The previous hash is put right before the JSON, where the hash in hex and the space stand anyway, so that
 * one contiguous stretch is hashed and nothing is copied.
 */
const HEX_CHARS = 64;
const RAW_BYTES = 32;
/** Bytes of a line before its JSON. */
export const PREFIX_BYTES = HEX_CHARS + 1;
export const NEWLINE = 10;
const SPACE = 32;

/** The last line of a trail, or of the part of it that was looked at. */
export interface Head {
  /** 0: no line yet. */
  readonly seq: number;
  /** In hex. */
  readonly hash: string;
}

export const EMPTY: Head = { seq: 0, hash: '0'.repeat(HEX_CHARS) };

/** Completes the line at `start` whose JSON stands at `start + PREFIX_BYTES` up to `end`; returns its hash. */
export function sealLine(bytes: Buffer, start: number, end: number, previous: string): string {
  const json = start + PREFIX_BYTES;
  const digest = chained(bytes, json, end, previous);
  bytes.write(digest, start, 'latin1');
  bytes[json - 1] = SPACE;
  bytes[end] = NEWLINE;
  return digest;
}

/** The hash that the line from `start` to its newline at `end` states. */
export const statedHash = (bytes: Buffer, start: number, end: number): string =>
  bytes.toString('latin1', start, Math.min(start + HEX_CHARS, end));

/** Whether the line follows `previous`. Spoils the line's prefix. */
export function follows(bytes: Buffer, start: number, end: number, previous: string): boolean {
  const json = start + PREFIX_BYTES;
  if (end <= json || bytes[json - 1] !== SPACE) return false;
  return statedHash(bytes, start, end) === chained(bytes, json, end, previous);
}

/** The number and the time at the start of the line's JSON, 0 where there are none. */
export function stated(bytes: Buffer, start: number, end: number): { seq: number; time: number } {
  const json = start + PREFIX_BYTES;
  const text = bytes.toString('latin1', json, Math.min(json + 48, end));
  const [, seq, time] = /^\{"n":(\d{1,15}),(?:"t":(\d{1,15}))?/.exec(text) ?? [];
  return { seq: Number(seq ?? 0), time: Number(time ?? 0) };
}

export const statedSeq = (bytes: Buffer, start: number, end: number): number => stated(bytes, start, end).seq;

function chained(bytes: Buffer, json: number, end: number, previous: string): string {
  bytes.write(previous, json - RAW_BYTES, 'hex');
  return hash('sha256', bytes.subarray(json - RAW_BYTES, end), 'hex');
}
