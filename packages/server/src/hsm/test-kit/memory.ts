import { closeSync, openSync, readFileSync, readSync } from 'node:fs';

const BEGINNING = 4;

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

function searchMemory(pid: number | 'self', isFound: (memory: Buffer) => boolean): boolean {
  const file = openSync(`/proc/${pid}/mem`, 'r');
  try {
    return writableRegions(pid).some(([start, end]) => {
      const memory = Buffer.alloc(end - start);
      try {
        readSync(file, memory, 0, memory.length, start);
        return isFound(memory);
      } catch {
        return false; // some regions of the kernel cannot be read
      } finally {
        memory.fill(0); // a copy that the next search would find
      }
    });
  } finally {
    closeSync(file);
  }
}

function writableRegions(pid: number | 'self'): (readonly [start: number, end: number])[] {
  const lines = readFileSync(`/proc/${pid}/maps`, 'latin1').matchAll(/^([0-9a-f]+)-([0-9a-f]+) rw/gm);
  return Array.from(lines, ([, start = '', end = '']) => [
    Number.parseInt(start, 16),
    Number.parseInt(end, 16),
  ]);
}
