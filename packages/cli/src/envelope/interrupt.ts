const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
/** One Control-C can arrive twice: from the terminal, and from npm, which passes on its own. */
const ECHO_MS = 1000;
/** For what does not hear of the abort, such as a disk that does not answer. */
const PATIENCE_MS = 3000;

/**
 * Runs `work` with a signal that Control-C and its like abort: it leaves nothing half done behind. Then the process
 * ends by the same signal, so that the shell and its scripts stop too.
 */
export async function interruptible<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const abort = new AbortController();
  let by: { readonly signal: NodeJS.Signals; readonly at: number } | undefined;
  const end = (signal: NodeJS.Signals): void => {
    process.stderr.write('interrupted: what was not complete is not kept\n');
    // Temporary files have handlers of their own, which remove them and leave the rest to the system.
    for (const each of SIGNALS) process.off(each, onSignal);
    process.kill(process.pid, signal);
  };
  const onSignal = (signal: NodeJS.Signals): void => {
    if (by === undefined) {
      by = { signal, at: performance.now() };
      abort.abort(new Error('interrupted'));
      setTimeout(end, PATIENCE_MS, signal).unref();
    } else if (performance.now() - by.at > ECHO_MS) {
      end(signal);
    }
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);
  try {
    return await work(abort.signal);
  } catch (error) {
    if (by === undefined) throw error;
    end(by.signal);
    return await new Promise<never>(() => setTimeout(() => {}, PATIENCE_MS));
  } finally {
    for (const signal of SIGNALS) process.off(signal, onSignal);
  }
}
