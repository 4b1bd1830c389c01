import { parentPort, workerData } from 'node:worker_threads';
import { EnvelopeError, type EnvelopeErrorCode } from '../envelope-error.ts';
import { Runner, runsOf, type Work, writeAll } from './run.ts';

/** What the threads of one file share. Cells of `state`, 64 bits each. */
export const CELL = {
  /** The next run that nobody has taken. */
  next: 0,
  /** Runs that were handed on in order; those who are a window ahead wait for it. */
  handedOn: 1,
  /** Bytes of input that are done. */
  done: 2,
  /** 1: stop after the run at hand. */
  stop: 3,
} as const;
export const CELLS = 4;

/** The number of a run that nobody has taken; from the number of runs on there is none left. */
export const takeRun = (cells: BigInt64Array): number => Number(Atomics.add(cells, CELL.next, 1n));

/** The next run was handed on: those who wait for it look again. */
export function noteHandedOn(cells: BigInt64Array): void {
  Atomics.add(cells, CELL.handedOn, 1n);
  Atomics.notify(cells, CELL.handedOn);
}

export interface Order {
  readonly work: Work;
  readonly state: SharedArrayBuffer;
  readonly key: Uint8Array<SharedArrayBuffer>;
  /** How many runs may wait to be handed on. */
  readonly window: number;
}

export type Report =
  | { readonly run: number; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly code: EnvelopeErrorCode; readonly message: string };

function work(
  { work, state, key, window }: Order,
  report: (report: Report, owned: ArrayBuffer[]) => void,
): void {
  const cells = new BigInt64Array(state);
  const runner = new Runner(work, key);
  const runs = runsOf(work);
  const stopped = (): boolean => Atomics.load(cells, CELL.stop) !== 0n;
  /** Until this run is one of the next `ahead` to be handed on. */
  const waitFor = (run: number, ahead: number): void => {
    while (!stopped()) {
      const handedOn = Atomics.load(cells, CELL.handedOn);
      if (run < Number(handedOn) + ahead) break;
      Atomics.wait(cells, CELL.handedOn, handedOn, 1000); // a second: `stop` may have been set in between
    }
  };
  try {
    while (!stopped()) {
      const run = takeRun(cells);
      if (run >= runs) break;
      if (work.output === undefined) waitFor(run, window);
      if (stopped()) break;
      const { taken, bytes } = runner.runNow(run);
      if (bytes && work.outlet !== undefined) {
        waitFor(run, 1);
        if (stopped()) break;
        writeAll(work.outlet, bytes, null);
        noteHandedOn(cells);
      } else if (bytes) report({ run, bytes }, [bytes.buffer]);
      Atomics.add(cells, CELL.done, BigInt(taken));
    }
  } catch (error) {
    Atomics.store(cells, CELL.stop, 1n);
    if (!(error instanceof EnvelopeError)) throw error;
    report({ code: error.code, message: error.message }, []);
  } finally {
    runner.wipe();
  }
}

if (parentPort) {
  const port = parentPort;
  work(workerData, (report, owned) => port.postMessage(report, owned));
}
