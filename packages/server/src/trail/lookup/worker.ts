import { setImmediate as turn } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { Indexer } from './indexer.ts';
import type { LookupQuery } from './query.ts';
import { search } from './search.ts';
import { Terms } from './terms.ts';
import type { Report, Task, WorkerSettings } from './worker-messages.ts';

/**
 * The thread that keeps the index and searches it, so that the calls of the server never wait for either. Its
 * files are read and written synchronously: nobody else waits here.
 */

/** A lookup catches up by itself with as much of the trail: two segments, some seconds. */
const MOST_BEHIND_BYTES = 128 << 20;

if (!parentPort) throw new Error('this is a worker');
const port = parentPort;
const { trail, directory, seed } = workerData as WorkerSettings;
const terms = new Terms(seed);
const indexer = new Indexer(trail, directory, terms);
let head = 0;
let working = false;

port.on('message', (task: Task) => {
  head = Math.max(head, task.head);
  if ('query' in task) port.postMessage(answered(task.id, task.query));
  else work().catch((failed: unknown) => port.postMessage({ failed } satisfies Report));
});

function answered(id: number, query: LookupQuery): Report {
  try {
    if (!indexer.catchUp(head, MOST_BEHIND_BYTES)) {
      return { id, refused: 'the index of the trail is being made' };
    }
    const { segments, intents } = indexer;
    return { id, found: search({ segments, intents, terms }, query) };
  } catch (failed) {
    port.postMessage({ failed } satisfies Report);
    return { id, refused: 'the index of the trail cannot be read or written' };
  }
}

/** In small steps, so that lookups come in between. */
async function work(): Promise<void> {
  if (working) return;
  working = true;
  try {
    indexer.tidy();
    while (indexer.step(head)) await turn();
  } finally {
    working = false;
  }
}
