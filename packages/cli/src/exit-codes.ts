/** Also in the help of the command: keep both true. */
export const EXIT = { done: 0, refused: 1, usage: 2, unreachable: 3, data: 4 } as const;

/** Of `keyhold exec`, which has codes that programs seldom have: as `env` and `timeout`. */
export const NOT_STARTED = 125;

export const EXIT_CODES_HELP = `
Exit codes:
  0  done
  1  refused by the server, could not start or write, or the trail is damaged
  2  wrong usage: options, parameters, credentials missing
  3  no usable answer from the server
  4  the input is damaged, is something else, or was changed while it was read
  125, 126, 127  of "keyhold exec": nothing was started, it cannot be run, it is not there;
                 otherwise the code of the program
A command that a signal ends is ended by that signal, as shells expect it.`;

/** What the person typed does not work; nothing was tried. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
