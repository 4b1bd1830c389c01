import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { EnvelopeError } from '../envelope-error.ts';
import { sharedCopyOfSecret } from '../keys/secret.ts';
import { bytesHeld, inputBytesOf, Runner, runsOf, type Work } from './run.ts';
import { CELL, CELLS, noteHandedOn, type Order, type Report, takeRun } from './worker.ts';

export interface Progress {
  /** Of input. */
  readonly bytes: number;
  readonly total: number;
}

export interface FileOptions {
  readonly signal?: AbortSignal | undefined;
  /** At most ten times a second, and at the end. */
  readonly onProgress?: ((progress: Progress) => void) | undefined;
  /** Beside this one, which works only where there are none. Where absent: for large files one a core, at most 8. */
  readonly threads?: number | undefined;
}

/** Below this all is done before threads would have started and paid. */
const THREADS_FROM_BYTES = 128 * 1024 * 1024;
const MAX_THREADS = 8;
/** Runs that this thread has in hand where it works itself: it encrypts one while the system reads and writes others. */
const LANES = 3;
/** For all buffers, so that large chunks do not make a large process. */
const MAX_BYTES_HELD = 96 * 1024 * 1024;
const PROGRESS_MS = 100;

/** Receives what an ordered work gives; the bytes are its own. */
export type Sink = (bytes: Uint8Array<ArrayBuffer>) => Promise<void>;

/** Does the work, on as many cores as pay. `key` stays the caller's. Throws as the runs do, or the signal's reason. */
export async function transformFile(
  work: Work,
  key: Uint8Array,
  options: FileOptions,
  sink?: Sink,
): Promise<void> {
  options.signal?.throwIfAborted();
  const total = work.layout.plaintextBytes;
  const { lanes, threads } = workersFor(work, options);
  const order: Order = {
    work,
    state: new SharedArrayBuffer(CELLS * 8),
    key: sharedCopyOfSecret(key),
    window: 2 * (lanes + threads),
  };
  const cells = new BigInt64Array(order.state);
  const stop = (): void => {
    Atomics.store(cells, CELL.stop, 1n);
    Atomics.notify(cells, CELL.handedOn);
  };
  const inOrder = new InOrder(sink, stop, () => noteHandedOn(cells));
  const { onProgress } = options;
  const tell = (): void => onProgress?.({ bytes: Math.min(total, Number(cells[CELL.done])), total });
  const timer = onProgress && setInterval(tell, PROGRESS_MS);
  options.signal?.addEventListener('abort', stop);
  try {
    // All have ended when this goes on, also after an error: nobody uses the files or the key any more.
    const ends = await Promise.allSettled([
      ...Array.from({ length: threads }, () => runThread(order, inOrder, stop)),
      ...Array.from({ length: lanes }, () => runLane(order, inOrder, stop)),
    ]);
    const [handedOn] = await Promise.allSettled([inOrder.end()]);
    options.signal?.throwIfAborted();
    for (const end of [...ends, handedOn]) if (end.status === 'rejected') throw end.reason;
    if (Number(cells[CELL.done]) !== inputBytesOf(work))
      throw new Error('a thread ended before its work was done');
  } finally {
    options.signal?.removeEventListener('abort', stop);
    clearInterval(timer);
    order.key.fill(0);
  }
  onProgress?.({ bytes: total, total });
}

/**
 * Either threads, which read and write by themselves and at once, or lanes in this thread, which leave it free while
 * the system works. Threads are twice as fast and take some time to start; both together would only share the cores.
 */
function workersFor(work: Work, options: FileOptions): { readonly lanes: number; readonly threads: number } {
  const fitting = Math.max(1, Math.min(runsOf(work), Math.floor(MAX_BYTES_HELD / bytesHeld(work))));
  const large = work.layout.plaintextBytes >= THREADS_FROM_BYTES;
  const threads = options.threads ?? (large ? Math.min(availableParallelism(), MAX_THREADS) : 0);
  return threads > 0
    ? { lanes: 0, threads: Math.min(threads, fitting) }
    : { lanes: Math.min(LANES, fitting), threads };
}

/** As a thread works, in this one; it leaves an outlet to the sink. */
async function runLane(
  { work, state, key, window }: Order,
  inOrder: InOrder,
  stop: () => void,
): Promise<void> {
  const cells = new BigInt64Array(state);
  const runner = new Runner(work, key);
  const stopped = (): boolean => Atomics.load(cells, CELL.stop) !== 0n;
  try {
    while (!stopped()) {
      const run = takeRun(cells);
      if (run >= runsOf(work)) break;
      while (work.output === undefined && !stopped()) {
        const handedOn = Atomics.load(cells, CELL.handedOn);
        if (run < Number(handedOn) + window) break;
        await Atomics.waitAsync(cells, CELL.handedOn, handedOn, 1000).value;
      }
      if (stopped()) break;
      const { taken, bytes } = await runner.run(run);
      if (bytes) inOrder.add(run, bytes);
      Atomics.add(cells, CELL.done, BigInt(taken));
    }
  } catch (error) {
    stop();
    throw error;
  } finally {
    runner.wipe();
  }
}

function runThread(order: Order, inOrder: InOrder, stop: () => void): Promise<void> {
  const worker = new Worker(new URL('./worker.ts', import.meta.url), {
    workerData: order,
    resourceLimits: { maxYoungGenerationSizeMb: 2 }, // it makes hardly any garbage; the default would keep more
  });
  return new Promise((resolve, reject) => {
    let failure: unknown;
    const fail = (error: unknown): void => {
      failure ??= error;
      stop();
    };
    worker.on('message', (report: Report) => {
      if ('code' in report) fail(new EnvelopeError(report.code, report.message));
      else inOrder.add(report.run, report.bytes);
    });
    worker.on('error', fail);
    worker.on('exit', () => (failure === undefined ? resolve() : reject(failure)));
  });
}

/** Hands on what threads finish in any order. Holds as many runs as the threads' window has. */
class InOrder {
  readonly #sink: Sink | undefined;
  readonly #onFailure: () => void;
  readonly #onHandedOn: () => void;
  readonly #waiting = new Map<number, Uint8Array<ArrayBuffer>>();
  #next = 0;
  #tail = Promise.resolve();

  constructor(sink: Sink | undefined, onFailure: () => void, onHandedOn: () => void) {
    this.#sink = sink;
    this.#onFailure = onFailure;
    this.#onHandedOn = onHandedOn;
  }

  add(run: number, bytes: Uint8Array<ArrayBuffer>): void {
    this.#waiting.set(run, bytes);
    for (let next = this.#waiting.get(this.#next); next; next = this.#waiting.get(this.#next)) {
      const ready = next;
      this.#waiting.delete(this.#next++);
      this.#tail = this.#tail.then(() => this.#sink?.(ready)).then(this.#onHandedOn);
      this.#tail.catch(this.#onFailure);
    }
  }

  /** When all that was added is handed on. Throws what the sink threw. */
  end(): Promise<void> {
    return this.#tail;
  }
}
