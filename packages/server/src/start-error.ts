/** Stops the start: one clear line that says what is wrong, with which file or setting, and what to do. */
export class StartError extends Error {
  override readonly name = 'StartError';
}
