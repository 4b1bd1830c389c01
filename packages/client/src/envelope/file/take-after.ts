import { fchmodSync, fchownSync, fstatSync } from 'node:fs';

/** Gives the file that takes another one's place its owner, where the system allows that, and its mode. */
export function takeAfter(old: number, successor: number): void {
  const { mode, uid, gid } = fstatSync(old);
  try {
    fchownSync(successor, uid, gid);
  } catch {
    // Only root may give files away; who may replace a file has it then, as with any other program.
  }
  fchmodSync(successor, mode & 0o7777); // last: a new owner clears some of it
}
