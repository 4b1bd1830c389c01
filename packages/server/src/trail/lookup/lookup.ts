import { Worker } from 'node:worker_threads';
import { ApiError } from '@keyhold/api/errors.ts';
import type { DomainKey } from '../../keys/domain-key.ts';
import { PageTokens } from './page-tokens.ts';
import type { Found, LookupQuery } from './query.ts';
import type { Report, Task, WorkerSettings } from './worker-messages.ts';

/** Searches the trail (ActionTrail 6). */
export interface Lookup {
  /** How many days back. */
  readonly days: number;
  readonly tokens: PageTokens;
  /** What is durable when this is called is found. Rejects with ApiError while the index is made or broken. */
  find(query: LookupQuery): Promise<Found>;
}

/** How far the index lags behind the trail while nobody asks; it catches up when somebody does. */
const POLL_MS = 250;
/** A server that runs for a moment only needs no index. */
const START_MS = 1000;
/** Enough for a segment of the shortest lines, each of another key. */
const WORKER_MB = 512;

interface Options {
  readonly trail: string;
  readonly directory: string;
  readonly domainKey: DomainKey;
  readonly days: number;
  /** The number of the last durable entry. */
  readonly head: () => number;
  readonly onFailure: (error: unknown) => void;
}

/** Keeps the index of a trail in `directory`, in a thread of its own. What is there fits, or is made anew. */
export class TrailLookup implements Lookup {
  readonly days: number;
  readonly tokens: PageTokens;
  readonly #settings: WorkerSettings;
  readonly #head: () => number;
  readonly #onFailure: (error: unknown) => void;
  readonly #timer: NodeJS.Timeout;
  readonly #waiting = new Map<number, PromiseWithResolvers<Found>>();
  #worker: Worker | undefined;
  #ids = 0;
  #failure: string | undefined;
  #sinceStart = 0;
  #closed = false;

  constructor({ trail, directory, domainKey, days, head, onFailure }: Options) {
    this.days = days;
    this.tokens = new PageTokens(domainKey);
    const seed = domainKey.mac(['lookup terms']).toString('base64');
    this.#settings = { trail, directory, seed };
    this.#head = head;
    this.#onFailure = onFailure;
    this.#timer = setInterval(() => this.#poll(), POLL_MS);
  }

  find(query: LookupQuery): Promise<Found> {
    if (this.#closed) return Promise.reject(unavailable('the server is being stopped'));
    const answer = Promise.withResolvers<Found>();
    const id = ++this.#ids;
    this.#waiting.set(id, answer);
    this.#send({ id, query, head: this.#head() });
    return answer.promise;
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#timer);
    // At any moment: what it leaves half done is made good at the next start.
    await this.#worker?.terminate();
    this.#rejectAll('the server is being stopped');
  }

  #poll(): void {
    this.#sinceStart += POLL_MS;
    if (this.#sinceStart >= START_MS) this.#send({ head: this.#head() });
  }

  #send(task: Task): void {
    this.#worker ??= this.#start();
    this.#worker.postMessage(task);
  }

  #start(): Worker {
    const worker = new Worker(new URL('./worker.ts', import.meta.url), {
      workerData: this.#settings,
      resourceLimits: { maxOldGenerationSizeMb: WORKER_MB },
    });
    worker.on('message', (report: Report) => this.#take(report));
    worker.on('error', (error) => this.#tell(error));
    worker.on('exit', () => {
      if (this.#worker === worker) this.#worker = undefined; // the next poll starts another
      if (!this.#closed) this.#rejectAll('the index of the trail is being opened again');
    });
    return worker;
  }

  #take(report: Report): void {
    if ('failed' in report) {
      this.#tell(report.failed);
      return;
    }
    const answer = this.#waiting.get(report.id);
    this.#waiting.delete(report.id);
    if ('refused' in report) answer?.reject(unavailable(report.refused));
    else answer?.resolve(report.found);
  }

  /** Once for each failure: polling meets it four times a second. */
  #tell(error: unknown): void {
    const text = String(error);
    if (text !== this.#failure) this.#onFailure(error);
    this.#failure = text;
  }

  #rejectAll(reason: string): void {
    for (const { reject } of this.#waiting.values()) reject(unavailable(reason));
    this.#waiting.clear();
  }
}

const unavailable = (reason: string): ApiError => new ApiError('ServiceUnavailableTemporary', { reason });
