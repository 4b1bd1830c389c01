import { hash } from 'node:crypto';
import { StartError } from '../../start-error.ts';
import { bytesOf, digitsIn, groupsOf, Mistyped } from './groups.ts';

const FORMAT = 1;
export const SET_BYTES = 4;
/** A point for each byte of the recovery key, and where they lie. */
const POINT_BYTES = 33;
const BODY_BYTES = 1 + SET_BYTES + 3 + POINT_BYTES;
const CHECKSUM_BYTES = 4;
const GROUPS_IN_LINE = 6;
export const SHARE_DIGITS = 90;

/** One of `count` shares of a recovery key, of which any `threshold` give the key back. */
export interface Share {
  /** In hex: tells which recovery key it is of, and nothing about it. */
  readonly set: string;
  readonly threshold: number;
  readonly count: number;
  /** From 1. */
  readonly index: number;
  /** As the library makes it. */
  readonly points: Uint8Array;
}

/**
 * The share as people keep it: lines that begin with # are for them.
 *
 *   format 1 | set 4 | threshold 1 | count 1 | index 1 | points 33 | checksum 4
 */
export function shareText({ set, threshold, count, index, points }: Share): string {
  const head = [Uint8Array.of(FORMAT), Buffer.from(set, 'hex'), Uint8Array.of(threshold, count, index)];
  const body = Buffer.concat([...head, points]);
  const groups = groupsOf(Buffer.concat([body, checksum(body)]));
  body.fill(0);
  const lines = Array.from({ length: groups.length / GROUPS_IN_LINE }, (_, line) =>
    groups.slice(line * GROUPS_IN_LINE, (line + 1) * GROUPS_IN_LINE).join(' '),
  );
  return [
    `# Keyhold recovery share ${index} of ${count}, set ${set}; any ${threshold} of the set open every key`,
    ...lines,
    '',
  ].join('\n');
}

/** Throws StartError that says what is wrong with `where`, and quotes nothing of it. */
export function readShare(text: string, where: string): Share {
  const wrong = (why: string): StartError =>
    new StartError(`${where} is not a share as it was printed: ${why}`);
  try {
    const bytes = bytesOf(withoutRemarks(text), BODY_BYTES + CHECKSUM_BYTES);
    const body = bytes.subarray(0, BODY_BYTES);
    if (!checksum(body).equals(bytes.subarray(BODY_BYTES))) throw wrong('its checksum does not fit');
    const [format, threshold = 0, count = 0, index = 0] = [0, 5, 6, 7].map((at) => body[at]);
    if (format !== FORMAT || threshold < 2 || threshold > count || index < 1 || index > count) {
      throw wrong('it is of a form that this version does not know');
    }
    const set = body.toString('hex', 1, 1 + SET_BYTES);
    const points = Uint8Array.from(body.subarray(-POINT_BYTES));
    bytes.fill(0);
    return { set, threshold, count, index, points };
  } catch (error) {
    throw error instanceof Mistyped ? wrong(error.message) : error;
  }
}

/** How many letters and digits of a share were read so far. */
export const digitsRead = (text: string): number => digitsIn(withoutRemarks(text)).length;

const withoutRemarks = (text: string): string => text.replace(/^\s*#.*$/gm, '');

const checksum = (body: Uint8Array): Buffer =>
  hash('sha256', Buffer.concat([Buffer.from('keyhold share v1:'), body]), 'buffer').subarray(
    0,
    CHECKSUM_BYTES,
  );
