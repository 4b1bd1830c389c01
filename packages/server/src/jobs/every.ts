/** Runs the job again and again, never twice at once; a failure is told of and tried again next time. */
export function every(
  milliseconds: number,
  job: () => Promise<unknown>,
  onFailure: (error: unknown) => void,
): { stop(): Promise<void> } {
  let running = Promise.resolve();
  let busy = false;
  const timer = setInterval(() => {
    if (busy) return;
    busy = true;
    running = job()
      .then(() => undefined, onFailure)
      .finally(() => {
        busy = false;
      });
  }, milliseconds);
  return {
    async stop() {
      clearInterval(timer);
      await running;
    },
  };
}
