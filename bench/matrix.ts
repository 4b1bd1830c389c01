import type { LoadResult } from './load.ts';
import { type Load, measureUndisturbed } from './measure.ts';
import type { Running } from './servers.ts';
import { percent } from './table.ts';

/** One kind of load on one server; a round measures each once. */
export interface Case {
  readonly name: string;
  readonly connections: number;
  readonly server: Running;
  readonly load: Pick<Load, 'action' | 'targets'> & Partial<Load>;
}

export interface Measured {
  readonly name: string;
  readonly connections: number;
  /** One a round, in order: the n-th of all cases are neighbours in time. */
  readonly rounds: readonly LoadResult[];
}

export interface Pace {
  readonly rounds: number;
  readonly warmupSeconds: number;
  readonly seconds: number;
  /** How often a disturbed run may be taken. */
  readonly attempts: number;
}

/** Interleaved rounds, so that what disturbs the machine for a while disturbs every case alike. */
export async function measureMatrix(cases: readonly Case[], pace: Pace): Promise<readonly Measured[]> {
  const results = cases.map(() => [] as LoadResult[]);
  for (let round = 0; round < pace.rounds; round++) {
    for (const [index, { name, connections, server, load }] of cases.entries()) {
      const { warmupSeconds, seconds, attempts } = pace;
      const order = { ...load, connections, warmupSeconds, seconds };
      const result = await measureUndisturbed(server, order, attempts);
      results[index]?.push(result);
      const perSecond = Math.round(result.perSecond);
      process.stderr.write(
        `round ${round + 1}/${pace.rounds} ${name} x${connections}: ${perSecond}/s, foreign ${percent(result.foreignCpu)}\n`,
      );
      for (const error of result.firstErrors) process.stderr.write(`  ${error}\n`);
    }
  }
  return cases.map(({ name, connections }, index) => ({ name, connections, rounds: results[index] ?? [] }));
}
