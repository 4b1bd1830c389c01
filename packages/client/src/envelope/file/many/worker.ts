import { parentPort } from 'node:worker_threads';
import { doSlice, type Slice } from './slice.ts';

const port = parentPort;
port?.on('message', (slice: Slice) => port.postMessage(doSlice(slice)));
