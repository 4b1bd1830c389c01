/** A place between two lines of the trail. */
export interface Cursor {
  readonly segment: number;
  /** Where the next line begins, in bytes. */
  readonly offset: number;
  /** Number of the line before, and its hash; `""` where that is not known. */
  readonly seq: number;
  readonly hash: string;
  /** Where to read from to know the origins of what comes: a line points back by 1024 lines at most. */
  readonly since: number;
}

/** After the line of that number, which stands in the segment. */
export const afterLine = (seq: number, segment: number): Cursor => ({
  segment,
  offset: 0,
  seq,
  hash: '',
  since: 0,
});
