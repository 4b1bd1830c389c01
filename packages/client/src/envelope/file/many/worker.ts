import { parentPort } from 'node:worker_threads';
import { Room } from './room.ts';
import { doSlice, type Slice } from './slice.ts';

const port = parentPort;
const room = new Room();
port?.on('message', (slice: Slice) => {
  port.postMessage(doSlice(slice, room));
  room.wipe();
});
