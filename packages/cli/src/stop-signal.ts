/** One Control-C can arrive twice: from the terminal, and from npm, which passes on its own. */
const ECHO_MS = 1000;

/** Resolves at the first SIGINT or SIGTERM; one more, after a moment, ends the process at once. */
export function stopSignal(): Promise<void> {
  let first: number | undefined;
  return new Promise((resolve) => {
    const stop = () => {
      first ??= performance.now();
      if (performance.now() - first > ECHO_MS) process.exit(1);
      resolve();
    };
    process.on('SIGINT', stop).on('SIGTERM', stop);
  });
}
