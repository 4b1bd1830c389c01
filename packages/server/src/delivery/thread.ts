import { Worker } from 'node:worker_threads';
import { TargetFailure } from './target.ts';
import type { Outcomes, Report, Task, WorkerSettings } from './worker-messages.ts';

const WORKER_MB = 512;

/** The thread as its owner sees it. Started when first needed, and again where it broke. */
export class DeliveryThread {
  readonly #settings: WorkerSettings;
  readonly #waiting = new Map<number, PromiseWithResolvers<unknown>>();
  #worker: Worker | undefined;
  #ids = 0;
  #closed = false;

  constructor(settings: WorkerSettings) {
    this.#settings = settings;
  }

  /** Rejects with `TargetFailure` where the target is at fault. */
  async ask<T extends Task>(task: T): Promise<Outcomes[T['do']]> {
    if (this.#closed) throw new Error('the server is being stopped');
    const answer = Promise.withResolvers<unknown>();
    const id = ++this.#ids;
    this.#waiting.set(id, answer);
    this.#worker ??= this.#start();
    this.#worker.postMessage({ id, task });
    return (await answer.promise) as Outcomes[T['do']]; // the worker answers what it was asked
  }

  /** At any moment: what it leaves half done is done again. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#worker?.terminate();
    this.#rejectAll(new Error('the server is being stopped'));
  }

  #start(): Worker {
    const worker = new Worker(new URL('./worker.ts', import.meta.url), {
      workerData: this.#settings,
      resourceLimits: { maxOldGenerationSizeMb: WORKER_MB },
    });
    worker.on('message', (report: Report) => this.#take(report));
    worker.on('error', (error) => this.#rejectAll(error));
    worker.on('exit', () => {
      if (this.#worker === worker) this.#worker = undefined;
      this.#rejectAll(new Error('the thread of deliveries ended'));
    });
    return worker;
  }

  #take(report: Report): void {
    const answer = this.#waiting.get(report.id);
    this.#waiting.delete(report.id);
    if ('refused' in report) answer?.reject(new TargetFailure(report.refused, report.message));
    else if ('failed' in report) answer?.reject(report.failed);
    else answer?.resolve(report.outcome);
  }

  #rejectAll(error: unknown): void {
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}
