/** Also in the help of the command: keep both true. */
export const EXIT = { done: 0, refused: 1, usage: 2, unreachable: 3 } as const;

export const EXIT_CODES_HELP = `
Exit codes:
  0  done
  1  refused by the server, could not start, or the trail is damaged
  2  wrong usage: options, parameters, credentials missing
  3  no usable answer from the server`;

/** What the person typed does not work; nothing was tried. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
