import { ApiError } from '@keyhold/api/errors.ts';
import type { FastifyRequest } from 'fastify';

type Done = (error: Error | null, body?: Uint8Array) => void;

/**
 * Reads a body of any type as bytes, within a limit of its own and one for all bodies together: nobody is
 * authenticated yet, and a flood of large bodies must not fill the memory.
 */
export function createBodyReader(maxBytes: number, maxBytesInFlight: number) {
  let inFlight = 0;
  return (_: FastifyRequest, stream: NodeJS.ReadableStream, done: Done): void => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    let over = false;
    const finish = (error: Error | null, body?: Uint8Array): void => {
      if (over) return;
      over = true;
      inFlight -= bytes;
      chunks.length = 0;
      done(error, body);
    };
    stream.on('data', (chunk: Buffer) => {
      if (over) return;
      bytes += chunk.length;
      inFlight += chunk.length;
      chunks.push(chunk);
      if (bytes > maxBytes) {
        finish(new ApiError('RequestTooLarge', { reason: `a body may have ${maxBytes} bytes` }));
      } else if (inFlight > maxBytesInFlight) {
        finish(new ApiError('ServiceUnavailableTemporary', { reason: 'too many large requests at once' }));
      }
    });
    stream.on('end', () => finish(null, Buffer.concat(chunks)));
    stream.on('error', (error: Error) => finish(error));
    stream.on('close', () => finish(new Error('the connection was closed')));
  };
}
