import { availableParallelism } from 'node:os';
import { setImmediate } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { EnvelopeError } from '../envelope-error.ts';
import { bytesHeld, Runner, runsOf, type Work } from './run.ts';
import { CELL, CELLS, type Order, type Report } from './worker.ts';

export interface Progress {
  /** Of input. */
  readonly bytes: number;
  readonly total: number;
}

export interface FileOptions {
  readonly signal?: AbortSignal | undefined;
  /** At most ten times a second, and at the end. */
  readonly onProgress?: ((progress: Progress) => void) | undefined;
  /** Worker threads for large files; as many as there are cores, at most 8, where absent. */
  readonly threads?: number | undefined;
}

/** Below this one thread is done before others have started. */
const PARALLEL_FROM_BYTES = 64 * 1024 * 1024;
const MAX_THREADS = 8;
/** For the buffers of all threads, so that large chunks do not make a large process. */
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
  const fitting = Math.floor(MAX_BYTES_HELD / bytesHeld(work));
  const threads = Math.min(
    options.threads ?? Math.min(availableParallelism(), MAX_THREADS),
    fitting,
    runsOf(work),
  );
  if (total < PARALLEL_FROM_BYTES || threads < 1) await transformHere(work, key, options, sink);
  else await transformInThreads(work, key, options, Math.max(1, threads), sink);
  options.onProgress?.({ bytes: total, total });
}

async function transformHere(work: Work, key: Uint8Array, options: FileOptions, sink?: Sink): Promise<void> {
  const runner = new Runner(work, key);
  const progress = throttled(options, work);
  try {
    for (let run = 0, done = 0; run < runsOf(work); run++) {
      if (run > 0) await setImmediate(); // others have their turn: a run is a fraction of a millisecond
      options.signal?.throwIfAborted();
      const { taken, bytes } = runner.run(run);
      if (bytes) await sink?.(bytes);
      done += taken;
      progress(done);
    }
  } finally {
    runner.wipe();
  }
}

async function transformInThreads(
  work: Work,
  key: Uint8Array,
  options: FileOptions,
  threads: number,
  sink?: Sink,
): Promise<void> {
  const order: Order = {
    work,
    state: new SharedArrayBuffer(CELLS * 8),
    key: new SharedArrayBuffer(key.length),
    window: 2 * threads,
  };
  const cells = new BigInt64Array(order.state);
  const sharedKey = new Uint8Array(order.key);
  sharedKey.set(key);
  const stop = (): void => {
    Atomics.store(cells, CELL.stop, 1n);
    Atomics.notify(cells, CELL.handedOn);
  };
  const inOrder = new InOrder(sink, stop, () => {
    Atomics.add(cells, CELL.handedOn, 1n);
    Atomics.notify(cells, CELL.handedOn);
  });
  const progress = throttled(options, work);
  const timer = options.onProgress && setInterval(() => progress(Number(cells[CELL.done])), PROGRESS_MS + 1);
  options.signal?.addEventListener('abort', stop);
  try {
    // All have ended when this goes on, also after an error: nobody uses the files or the key any more.
    const ends = await Promise.allSettled(
      Array.from({ length: threads }, () => runThread(order, inOrder, stop)),
    );
    options.signal?.throwIfAborted();
    for (const end of ends) if (end.status === 'rejected') throw end.reason;
    await inOrder.end();
  } finally {
    options.signal?.removeEventListener('abort', stop);
    clearInterval(timer);
    sharedKey.fill(0);
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

/** What to call however often: the caller hears of it ten times a second. */
function throttled(
  { onProgress }: FileOptions,
  { layout: { plaintextBytes: total } }: Work,
): (bytes: number) => void {
  let told = performance.now();
  return (bytes) => {
    if (!onProgress || performance.now() - told < PROGRESS_MS) return;
    told = performance.now();
    onProgress({ bytes: Math.min(bytes, total), total });
  };
}
