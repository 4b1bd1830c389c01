import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { TokenHealth } from '../hsm/token.ts';
import type { Reply } from '../wires/reply.ts';

export interface Metrics {
  readonly contentType: string;
  /** Counts an answer and how long it took, in seconds. */
  observe(reply: Reply, seconds: number): void;
  render(): Promise<string>;
}

interface Gauges {
  /** Nonces remembered by the replay guard now. */
  readonly replayTokens: () => number;
  /** Of the Managed HSM; undefined where none is set up, or needed, or not yet. */
  readonly hsm: (() => TokenHealth | undefined) | undefined;
}

const BUCKETS = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1, 5];

const HSM_GAUGES: readonly (readonly [name: string, help: string, value: (health: TokenHealth) => number])[] =
  [
    ['keyhold_hsm_up', '1 while the HSM answers, else 0.', ({ up }) => Number(up)],
    ['keyhold_hsm_losses', 'How often the connection to the HSM was lost.', ({ losses }) => losses],
    ['keyhold_hsm_waiting', 'Calls that wait for the HSM.', ({ waiting }) => waiting],
  ];

/** Figures only: no key id, account or client address ever becomes a label. */
export function createMetrics(gauges: Gauges): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const requests = new Counter({
    name: 'keyhold_requests_total',
    help: 'Requests answered, by HTTP status.',
    labelNames: ['status'],
    registers: [registry],
  });
  const duration = new Histogram({
    name: 'keyhold_request_duration_seconds',
    help: 'From the whole request read to its answer made, trail entry included.',
    buckets: BUCKETS,
    registers: [registry],
  });
  new Gauge({
    name: 'keyhold_replay_tokens',
    help: 'Request nonces remembered.',
    registers: [registry],
    collect() {
      this.set(gauges.replayTokens());
    },
  });
  for (const [name, help, value] of gauges.hsm ? HSM_GAUGES : []) {
    new Gauge({
      name,
      help,
      registers: [registry],
      collect() {
        const health = gauges.hsm?.();
        if (health) this.set(value(health));
        else this.remove(); // it would be 0, as of one that is away
      },
    });
  }
  const byStatus = new Map<number, { inc(): void }>();
  return {
    contentType: registry.contentType,
    observe({ status }, seconds) {
      let counter = byStatus.get(status);
      if (!counter) {
        counter = requests.labels(String(status));
        byStatus.set(status, counter);
      }
      counter.inc();
      duration.observe(seconds);
    },
    render: () => registry.metrics(),
  };
}
