import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo, Server as NetServer } from 'node:net';
import { buffer } from 'node:stream/consumers';

/** What the server does with a request. */
export type Act = (response: ServerResponse, request: IncomingMessage) => void;

export interface Received {
  readonly request: IncomingMessage;
  readonly body: Buffer;
  /** Milliseconds, of `performance.now()`. */
  readonly at: number;
}

export interface ScriptedServer {
  readonly url: string;
  readonly received: Received[];
  /** What it does next, in order; the last one for ever. */
  play(...acts: readonly Act[]): void;
  close(): Promise<void>;
}

export const answer =
  (status: number, body: unknown, headers: Record<string, string> = {}): Act =>
  (response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  };
export const refuse = (status: number, Code: string, headers?: Record<string, string>): Act =>
  answer(status, { Code, Message: 'm', RequestId: 'r' }, headers);
/** Closes the connection without an answer. */
export const hangUp: Act = (response) => response.destroy();
/** Never answers. */
export const stall: Act = () => undefined;

/** A real server that fails on purpose. */
export async function scriptedServer(
  make: (listener: RequestListener) => Server = (listener) => createServer(listener),
): Promise<ScriptedServer> {
  const received: Received[] = [];
  let acts: readonly Act[] = [];
  const server = make(async (request, response) => {
    received.push({ request, body: await buffer(request), at: performance.now() });
    const act = acts[0] ?? hangUp;
    if (acts.length > 1) acts = acts.slice(1);
    act(response, request);
  });
  const scheme = 'setSecureContext' in server ? 'https' : 'http';
  return {
    url: `${scheme}://127.0.0.1:${await listen(server)}`,
    received,
    play(...next) {
      acts = next;
      received.length = 0;
    },
    close: () =>
      new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
}

/** The port. */
export async function listen(server: NetServer): Promise<number> {
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return (server.address() as AddressInfo).port;
}

/** Where nobody listens. */
export async function unusedUrl(): Promise<string> {
  const server = createServer();
  const port = await listen(server);
  await new Promise((done) => server.close(done));
  return `http://127.0.0.1:${port}`;
}
