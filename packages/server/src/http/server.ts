import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { createSecureContext } from 'node:tls';
import { ApiError } from '@keyhold/api/errors.ts';
import fastify, {
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  type FastifyServerOptions,
} from 'fastify';
import type { IpBlock } from '../access/policy/ip-block.ts';
import type { Config } from '../config.ts';
import { answer } from '../pipeline/call.ts';
import type { Ports } from '../pipeline/call-state.ts';
import { StartError } from '../start-error.ts';
import { type Reply, replyError } from '../wires/reply.ts';
import type { RawRequest } from '../wires/request.ts';
import { createBodyReader } from './body.ts';
import { clientAddress } from './client-address.ts';
import type { Metrics } from './metrics.ts';
import { nextTurn } from './next-turn.ts';

/** Clients put blobs and policies into the query of a POST (wire protocol 0.3, item 3). */
const MAX_HEADER_BYTES = 512 * 1024;
/** The vendor's documented limit of a POST. */
const MAX_BODY_BYTES = 10 * 1024 * 1024;
/** Bodies of all connections together while they are read, before anybody is authenticated. */
const MAX_BODY_BYTES_IN_FLIGHT = 64 * 1024 * 1024;
/** Longer than the connection pools of the clients (wire protocol 0.3, item 15). */
const KEEP_ALIVE_MS = 75_000;
const REQUEST_TIMEOUT_MS = 30_000;
const MAX_CONNECTIONS = 10_000;
/** Node waits for unfinished requests when it closes, for ever: a client that stalls must not hold it up. */
const CLOSE_GRACE_MS = 2000;

const NO_BODY = new Uint8Array(0);

type TlsOptions = Awaited<ReturnType<typeof readTls>>;

export interface HttpOptions {
  readonly tls: TlsOptions | undefined;
  /** What is wrong, in words without paths; empty while all is well. */
  readonly problems: () => readonly string[];
  readonly metrics: Metrics;
  /** Whose word on the client's address is taken. */
  readonly trustedProxies: readonly IpBlock[];
}

/** The HTTP server: TLS, limits, deadlines, health and metrics around `answer`. */
export function createHttpServer(ports: Ports, options: HttpOptions): FastifyInstance {
  const tls = options.tls !== undefined;
  const node = {
    maxHeaderSize: MAX_HEADER_BYTES,
    headersTimeout: REQUEST_TIMEOUT_MS,
    requireHostHeader: false, // Node's own refusal has no body
  };
  const limits: FastifyServerOptions = {
    bodyLimit: MAX_BODY_BYTES,
    keepAliveTimeout: KEEP_ALIVE_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    exposeHeadRoutes: false,
    routerOptions: { querystringParser: () => ({}) }, // the wires read the raw target
    rewriteUrl: ({ url }) => pathFirst(url ?? '/'),
    frameworkErrors: (error, request, reply) => sendRefusal(request, reply, tls, refusalOfHttp(error)),
    clientErrorHandler: answerUnreadable,
  };
  const https = options.tls && { ...node, ...options.tls };
  // Fastify types the two servers apart; nothing here needs the difference.
  const app = (
    https ? fastify({ ...limits, https } as never) : fastify({ ...limits, http: node })
  ) as FastifyInstance;
  app.server.maxConnections = MAX_CONNECTIONS;
  // An expectation that is not known is ignored; Node's own refusal has no body.
  app.server.on('checkExpectation', (request, response) => app.server.emit('request', request, response));
  endStalledOnClose(app);

  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', createBodyReader(MAX_BODY_BYTES, MAX_BODY_BYTES_IN_FLIGHT));

  app.route({
    method: ['GET', 'POST'],
    url: '/',
    async handler(request, reply) {
      const started = performance.now();
      await nextTurn();
      const answered = await answer(ports, rawRequest(request, tls, options.trustedProxies));
      options.metrics.observe(answered, (performance.now() - started) / 1000);
      return send(reply, answered);
    },
  });
  app.get('/healthz', (_, reply) => {
    const problems = options.problems();
    const status = problems.length === 0 ? 'ok' : 'degraded';
    reply.code(status === 'ok' ? 200 : 503).send({ status, problems });
  });
  app.get('/metrics', async (_, reply) => {
    reply.type(options.metrics.contentType);
    return options.metrics.render();
  });
  app.setNotFoundHandler((request, reply) => sendRefusal(request, reply, tls, notFound(request)));
  app.setErrorHandler((error, request, reply) => {
    if (!(error instanceof ApiError)) ports.onFailure(error, 'http');
    sendRefusal(request, reply, tls, refusalOfHttp(error));
  });
  return app;
}

/** All sockets, because `closeAllConnections` does not know those whose TLS handshake never came. */
function endStalledOnClose(app: FastifyInstance): void {
  const sockets = new Set<Socket>();
  app.server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  app.addHook('preClose', async () => {
    setTimeout(() => {
      for (const socket of sockets) socket.destroy();
    }, CLOSE_GRACE_MS).unref();
  });
}

/** Reads and checks certificate and key. Throws StartError. */
export async function readTls({ certFile, keyFile }: NonNullable<Config['tls']>) {
  const read = (path: string, setting: string) =>
    readFile(path).catch((error: NodeJS.ErrnoException) => {
      throw new StartError(`${setting}: ${path} cannot be read (${error.code})`);
    });
  const [cert, key] = [await read(certFile, 'KEYHOLD_TLS_CERT'), await read(keyFile, 'KEYHOLD_TLS_KEY')];
  const options = { cert, key, minVersion: 'TLSv1.2' as const, handshakeTimeout: REQUEST_TIMEOUT_MS };
  try {
    createSecureContext(options);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new StartError(
      `KEYHOLD_TLS_CERT: ${certFile} with KEYHOLD_TLS_KEY: ${keyFile} is no certificate chain and its key (${reason})`,
    );
  }
  return options;
}

/** Routing needs a path; a proxy may send the whole URL, and a path may be empty. */
function pathFirst(url: string): string {
  if (url.startsWith('/')) return url;
  const rest = url.replace(/^https?:\/\/[^/?]*/i, '');
  return rest.startsWith('/') ? rest : `/${rest}`;
}

function rawRequest(request: FastifyRequest, tls: boolean, trusted: readonly IpBlock[] = []): RawRequest {
  const { raw } = request;
  const { headers } = raw;
  const client = clientAddress({ remoteAddress: raw.socket.remoteAddress ?? '', tls, headers }, trusted);
  return {
    method: raw.method ?? '',
    target: raw.url ?? '/',
    headers,
    body: request.body instanceof Uint8Array ? request.body : NO_BODY,
    remoteAddress: client.address,
    tls: client.tls,
  };
}

function send(reply: FastifyReply, { status, headers, body }: Reply): FastifyReply {
  return reply.code(status).headers(headers).send(body);
}

function sendRefusal(request: FastifyRequest, reply: FastifyReply, tls: boolean, refusal: ApiError): void {
  const requestId = randomUUID().toUpperCase();
  send(reply, replyError({ requestId, raw: rawRequest(request, tls) }, refusal));
}

function notFound({ method, url }: FastifyRequest): ApiError {
  if (method !== 'GET' && method !== 'POST') return new ApiError('UnsupportedHTTPMethod', { method });
  return new ApiError('InvalidAction.NotFound', { action: `the path is ${url.split('?', 1)[0]}, not /` });
}

function refusalOfHttp(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  const status = (error as { statusCode?: number }).statusCode ?? 500;
  if (status >= 500) return new ApiError('InternalFailure');
  return new ApiError('ParseRequestParameterException', { reason: 'the HTTP request is malformed' });
}

/** What Node could not even parse still gets an answer that clients can read. */
function answerUnreadable(error: NodeJS.ErrnoException, socket: Socket): void {
  if (!socket.writable || error.code === 'ECONNRESET') {
    socket.destroy();
    return;
  }
  const raw = { method: 'GET', target: '/', headers: {}, body: NO_BODY, remoteAddress: '', tls: false };
  const { status, headers, body } = replyError(
    { requestId: randomUUID().toUpperCase(), raw },
    unreadable(error.code),
  );
  const lines = Object.entries({
    ...headers,
    connection: 'close',
    'content-length': Buffer.byteLength(body),
  });
  const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  socket.end(`HTTP/1.1 ${status} Refused\r\n${head}\r\n${body}`);
}

function unreadable(code: string | undefined): ApiError {
  if (code === 'HPE_HEADER_OVERFLOW') {
    const reason = `request line and headers may have ${MAX_HEADER_BYTES} bytes`;
    return new ApiError('RequestTooLarge', { reason });
  }
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return new ApiError('RequestTimeout');
  return new ApiError('ParseRequestParameterException', { reason: 'it is not HTTP/1.1' });
}
