import { ApiError } from '@keyhold/api/errors.ts';
import type { FastifyRequest } from 'fastify';

type Done = (error: Error | null, body?: Uint8Array) => void;

/** What a chunk costs besides its bytes, roughly: a body in chunks of one byte takes hundreds of times its size. */
const CHUNK_COST = 1024;

/**
 * Reads a body of any type as bytes, within a limit of its own and one for the memory of all bodies together:
 * nobody is authenticated yet, and a flood of large bodies must not fill the memory.
 */
export function createBodyReader(maxBytes: number, maxBytesInFlight: number) {
  let inFlight = 0;
  const tooLarge = () => new ApiError('RequestTooLarge', { reason: `a body may have ${maxBytes} bytes` });
  return ({ headers }: FastifyRequest, stream: NodeJS.ReadableStream, done: Done): void => {
    if (Number(headers['content-length'] ?? 0) > maxBytes) {
      stream.resume(); // what is sent all the same goes nowhere
      done(tooLarge());
      return;
    }
    const chunks: Buffer[] = [];
    let bytes = 0;
    let cost = 0;
    let over = false;
    const finish = (error: Error | null, body?: Uint8Array): void => {
      if (over) return;
      over = true;
      inFlight -= cost;
      chunks.length = 0;
      done(error, body);
    };
    const cutShort = () =>
      finish(new ApiError('ParseRequestParameterException', { reason: 'the body was cut short' }));
    stream.on('data', (chunk: Buffer) => {
      if (over) return;
      bytes += chunk.length;
      cost += chunk.length + CHUNK_COST;
      inFlight += chunk.length + CHUNK_COST;
      chunks.push(chunk);
      if (bytes > maxBytes) finish(tooLarge());
      else if (inFlight > maxBytesInFlight) {
        finish(new ApiError('ServiceUnavailableTemporary', { reason: 'too many large requests at once' }));
      }
    });
    stream.on('end', () => finish(null, Buffer.concat(chunks)));
    stream.on('error', cutShort);
    stream.on('close', cutShort);
  };
}
