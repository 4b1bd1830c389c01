import { closeSync, openSync, readFileSync, readSync } from 'node:fs';

const BEGINNING = 4;
const PAGE_BYTES = 4096;
/** Of a page in `pagemap`: 0 where it was never used. */
const ENTRY_BYTES = 8;
const PIECE_BYTES = 1 << 20;
/** More than anything that is searched for. */
const OVERLAP_BYTES = PAGE_BYTES;

/**
 * Whether the memory of this process holds what `masked` is when every byte is combined with `mask`. Needs Linux.
 * Only its first bytes are ever unmasked, so that the search does not find itself.
 */
export function isInMemory(masked: Uint8Array, mask: number): boolean {
  const beginning = Buffer.from(masked.subarray(0, BEGINNING).map((byte) => byte ^ mask));
  const isHere = (memory: Buffer, at: number): boolean =>
    at + masked.length <= memory.length && masked.every((byte, i) => (memory[at + i] ?? 0) === (byte ^ mask));
  return searchMemory('self', (memory) => {
    for (let at = memory.indexOf(beginning); at >= 0; at = memory.indexOf(beginning, at + 1)) {
      if (isHere(memory, at)) return true;
    }
    return false;
  });
}

/** Which of these the memory of another process holds. */
export function heldInMemory(pid: number, needles: readonly Uint8Array[]): readonly Uint8Array[] {
  const held = new Set<Uint8Array>();
  searchMemory(pid, (memory) => {
    for (const needle of needles) if (memory.includes(needle)) held.add(needle);
    return false;
  });
  return [...held];
}

/** Piece by piece: a runtime reserves many gigabytes, of which it uses little. */
function searchMemory(pid: number | 'self', isFound: (memory: Buffer) => boolean): boolean {
  const file = openSync(`/proc/${pid}/mem`, 'r');
  const pages = openSync(`/proc/${pid}/pagemap`, 'r');
  const piece = Buffer.alloc(PIECE_BYTES + OVERLAP_BYTES);
  const used = (at: number, end: number): boolean => {
    const entries = Buffer.alloc(Math.ceil((end - at) / PAGE_BYTES) * ENTRY_BYTES);
    readSync(pages, entries, 0, entries.length, (at / PAGE_BYTES) * ENTRY_BYTES);
    return entries.some((byte) => byte !== 0);
  };
  const holds = (at: number, end: number): boolean => {
    try {
      const length = readSync(file, piece, 0, end - at, at);
      return isFound(piece.subarray(0, length));
    } catch {
      return false; // some regions of the kernel cannot be read
    } finally {
      piece.fill(0); // a copy that the next search would find
    }
  };
  try {
    for (const [start, end] of writableRegions(pid)) {
      for (let at = start; at < end; at += PIECE_BYTES) {
        const until = Math.min(at + PIECE_BYTES + OVERLAP_BYTES, end);
        if (used(at, until) && holds(at, until)) return true;
      }
    }
    return false;
  } finally {
    closeSync(file);
    closeSync(pages);
  }
}

function writableRegions(pid: number | 'self'): (readonly [start: number, end: number])[] {
  const lines = readFileSync(`/proc/${pid}/maps`, 'latin1').matchAll(/^([0-9a-f]+)-([0-9a-f]+) rw/gm);
  return Array.from(lines, ([, start = '', end = '']) => [
    Number.parseInt(start, 16),
    Number.parseInt(end, 16),
  ]);
}
