import { appendFileSync, readFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { Connection } from './connection.ts';
import { Histogram } from './histogram.ts';
import { coreSeconds, usageOf } from './processes.ts';
import { type Action, prepareRequests, type Signer, type Spread } from './requests.ts';

/** What one run of the generator does; given as JSON in the only argument. */
export interface LoadOrder {
  readonly port: number;
  readonly connections: number;
  readonly warmupSeconds: number;
  readonly seconds: number;
  readonly action: Action;
  /** File with one key id or ciphertext blob a line. */
  readonly targets: string;
  readonly spread: Spread;
  readonly signer: Signer;
  /** How many requests to sign beforehand. */
  readonly requests: number;
  /** Start again from the first when all are sent (for a server without replay guard); else end early. */
  readonly repeat?: boolean;
  /** Send this shortest possible request instead of signed ones. */
  readonly plainGet?: boolean;
  /** File to which the ciphertext blob of every answer is written, one a line. */
  readonly saveBlobs?: string;
  /** Whose processor time and memory to report. */
  readonly serverPid: number;
  readonly serverCore: number;
  readonly generatorCore: number;
}

export interface LoadResult {
  /** Answers with status 200 within the measured time. */
  readonly answers: number;
  readonly seconds: number;
  /** Begin and end of the measured time on the machine's monotonic clock, microseconds. */
  readonly from: number;
  readonly to: number;
  readonly perSecond: number;
  /** Everything else, warm-up included. */
  readonly errors: number;
  readonly firstErrors: readonly string[];
  /** Microseconds. */
  readonly latency: Readonly<Record<'p50' | 'p95' | 'p99' | 'p999' | 'largest', number>>;
  readonly requestBytes: number;
  readonly answerBytes: number;
  /** Requests sent, warm-up included: what the server's trail has to account for. */
  readonly sent: number;
  readonly prepareSeconds: number;
  /** Share of one core. */
  readonly generatorCpu: number;
  readonly serverCpu: number;
  /** Answers for each second of processor time of the server: less noisy than `perSecond` on a busy machine. */
  readonly perCpuSecond: number;
  /** Share of a core that other processes and the hypervisor took: of the two cores, the larger. */
  readonly foreignCpu: number;
  readonly rssBytes: number;
}

const MICROSECONDS = 1000;

async function load(order: LoadOrder): Promise<LoadResult> {
  const prepareStart = performance.now();
  const { bytes, ends } = order.plainGet
    ? plainGet()
    : prepareRequests(
        order.action,
        readFileSync(order.targets, 'latin1').trim().split('\n'),
        order.spread,
        order.requests,
        order.signer,
      );
  const prepareSeconds = (performance.now() - prepareStart) / 1000;

  const histogram = new Histogram();
  const blobs: string[] = [];
  const firstErrors: string[] = [];
  let errors = 0;
  let sent = 0;
  let answerBytes = 0;
  let open = order.connections;
  let measureFrom = Number.POSITIVE_INFINITY;
  let stopAt = Number.POSITIVE_INFINITY;
  let before = sample(order);
  let after = before;
  const { promise: finished, resolve: finish } = Promise.withResolvers<void>();

  const retire = (connection: Connection) => {
    connection.close();
    if (--open === 0) finish();
  };
  const sendNext = (connection: Connection, now: number) => {
    if (now >= stopAt || (sent >= ends.length && !order.repeat)) {
      if (after === before) after = sample(order);
      return retire(connection);
    }
    const at = sent++ % ends.length;
    connection.sentAt = now;
    connection.send(bytes.subarray(at === 0 ? 0 : ends[at - 1], ends[at]));
  };
  const error = (text: string) => {
    errors++;
    if (firstErrors.length < 3) firstErrors.push(text);
  };
  const answered = (connection: Connection, status: number, message: Buffer) => {
    const now = performance.now();
    if (status !== 200) {
      error(message.toString('utf8'));
    } else if (connection.sentAt >= measureFrom && now < stopAt) {
      histogram.record((now - connection.sentAt) * MICROSECONDS);
      answerBytes += message.length;
    }
    if (order.saveBlobs) blobs.push(blobIn(message));
    sendNext(connection, now);
  };
  const failed = (connection: Connection, reason: string) => {
    error(reason);
    retire(connection);
  };

  const start = performance.now();
  setTimeout(() => {
    before = after = sample(order);
    measureFrom = before.at;
    stopAt = measureFrom + order.seconds * 1000;
  }, order.warmupSeconds * 1000);
  for (let i = 0; i < order.connections; i++) {
    sendNext(new Connection(order.port, answered, failed), start);
  }
  await finished;
  if (order.saveBlobs)
    appendFileSync(
      order.saveBlobs,
      blobs
        .filter(Boolean)
        .map((blob) => `${blob}\n`)
        .join(''),
    );

  const seconds = (after.at - before.at) / 1000;
  const share = (name: Exclude<keyof typeof before, 'at' | 'monotonic'>) =>
    (after[name] - before[name]) / seconds;
  return {
    answers: histogram.total,
    seconds,
    from: before.monotonic,
    to: after.monotonic,
    perSecond: histogram.total / seconds,
    errors,
    firstErrors,
    latency: {
      p50: histogram.quantile(0.5),
      p95: histogram.quantile(0.95),
      p99: histogram.quantile(0.99),
      p999: histogram.quantile(0.999),
      largest: histogram.largest,
    },
    requestBytes: bytes.length / ends.length,
    answerBytes: answerBytes / histogram.total,
    sent,
    prepareSeconds,
    generatorCpu: share('generator'),
    serverCpu: share('server'),
    perCpuSecond: histogram.total / (seconds * share('server')),
    foreignCpu: Math.max(
      0,
      share('serverCore') - share('server'),
      share('generatorCore') - share('generator'),
    ),
    rssBytes: after.rss,
  };
}

function plainGet() {
  const bytes = Buffer.from('GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n');
  return { bytes, ends: Float64Array.of(bytes.length) };
}

function sample(order: LoadOrder) {
  const server = usageOf(order.serverPid);
  const own = process.cpuUsage();
  return {
    at: performance.now(),
    monotonic: Number(process.hrtime.bigint() / 1000n),
    generator: (own.user + own.system) / 1e6,
    server: server.cpuSeconds,
    rss: server.rssBytes,
    serverCore: coreSeconds(order.serverCore),
    generatorCore: coreSeconds(order.generatorCore),
  };
}

function blobIn(message: Buffer): string {
  return /"CiphertextBlob":"([^"]+)"/.exec(message.toString('latin1'))?.[1] ?? '';
}

const result = await load(JSON.parse(process.argv[2] ?? '{}'));
process.stdout.write(`${JSON.stringify(result)}\n`);
