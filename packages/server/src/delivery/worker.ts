import { parentPort, workerData } from 'node:worker_threads';
import { LRUCache } from 'lru-cache';
import type { Place } from './buckets.ts';
import { gather } from './gather.ts';
import { type DeliveredObject, objectsOf } from './object.ts';
import { openTarget } from './open-target.ts';
import { type Target, TargetFailure } from './target.ts';
import type { Outcomes, Report, Task, WorkerSettings } from './worker-messages.ts';

/** The thread that reads the trail for deliveries and makes their objects: the calls of the server go on meanwhile. */

if (!parentPort) throw new Error('this is a worker');
const port = parentPort;
const { trail } = workerData as WorkerSettings;
const targets = new Map<string, Promise<Target>>();
/** What was gathered, compressed already, until it is put: else it is gathered once more. */
const gathered = new LRUCache<string, readonly DeliveredObject[]>({ max: 4 });

port.on('message', ({ id, task }: { readonly id: number; readonly task: Task }) => {
  perform(task).then(
    (outcome) => port.postMessage({ id, outcome } satisfies Report),
    (error: unknown) => port.postMessage(reportOf(id, error)),
  );
});

async function perform(task: Task): Promise<Outcomes[Task['do']]> {
  switch (task.do) {
    case 'gather': {
      const { order, from, last, now, over } = task;
      const { plan, events, full } = await gather(trail, order, from, { last, now, over });
      gathered.set(JSON.stringify([order, from, plan]), objectsOf(order, events));
      return { plan, events: events.length, full };
    }
    case 'put': {
      const { order, from, plan, place } = task;
      const key = JSON.stringify([order, from, plan]);
      const objects =
        gathered.get(key) ?? objectsOf(order, (await gather(trail, order, from, { plan })).events);
      const target = await targetOf(place);
      for (const { name, bytes } of objects) await target.put(name, bytes);
      gathered.delete(key);
      return undefined;
    }
    case 'check':
      await (await targetOf(task.place)).check();
      return undefined;
  }
}

function targetOf(place: Place): Promise<Target> {
  const key = JSON.stringify(place);
  const known = targets.get(key) ?? openTarget(place);
  targets.set(key, known);
  return known;
}

const reportOf = (id: number, error: unknown): Report =>
  error instanceof TargetFailure
    ? { id, refused: error.reason, message: error.message }
    : { id, failed: error };
