import { fstatSync, write } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { isatty } from 'node:tty';
import { promisify } from 'node:util';
import type { Sink } from './transform.ts';

/** Where bytes go in order: a file descriptor, such as 1 for standard output, or a stream. */
export type Outlet = number | WritableStream<Uint8Array>;

/**
 * The descriptor where threads may write to it by themselves: a file, or a device such as /dev/null. Whoever reads a
 * pipe or scrolls a terminal can take as long as they like, and a thread that waits for them hears of no abort.
 */
export function neverWaits(outlet: Outlet): number | undefined {
  if (typeof outlet !== 'number') return undefined;
  const stat = fstatSync(outlet);
  return stat.isFile() || (stat.isCharacterDevice() && !isatty(outlet)) ? outlet : undefined;
}

const writeSome = promisify(write);
/** A pipe that somebody made non-blocking is full: nothing tells when it is not. */
const FULL_PIPE_MS = 1;

/** Runs `produce` with a sink. A stream is closed at the end, or aborted; a descriptor stays open. */
export async function withSink(
  outlet: Outlet,
  signal: AbortSignal | undefined,
  produce: (sink: Sink) => Promise<void>,
): Promise<void> {
  if (typeof outlet === 'number') return produce((bytes) => orAbort(writeDescriptor(outlet, bytes), signal));
  const writer = outlet.getWriter();
  try {
    await produce((bytes) => orAbort(writer.write(bytes), signal));
    await orAbort(writer.close(), signal);
  } catch (error) {
    writer.abort(error).catch(() => {}); // not awaited: a stream that hangs is the usual reason for an abort
    throw error;
  } finally {
    writer.releaseLock();
  }
}

async function writeDescriptor(fd: number, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
  for (let written = 0; written < bytes.length; ) {
    try {
      written += (await writeSome(fd, bytes, written, bytes.length - written, null)).bytesWritten;
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EAGAIN')) throw error;
      await setTimeout(FULL_PIPE_MS);
    }
  }
  bytes.buffer.transfer(0); // freed now and not when the collector comes: see `moveInto` in chunk-cipher.ts
}

async function orAbort(step: Promise<void>, signal: AbortSignal | undefined): Promise<void> {
  if (!signal) return step;
  signal.throwIfAborted();
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const onAbort = (): void => reject(signal.reason);
  signal.addEventListener('abort', onAbort);
  try {
    await Promise.race([step, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
    step.catch(() => {}); // told by the race, or nobody waits any more
  }
}
