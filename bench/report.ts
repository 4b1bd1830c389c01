import type { Measured } from './matrix.ts';
import { spreadOf } from './statistics.ts';
import { megabytes, milliseconds, percent, table, whole } from './table.ts';

const HEADER = [
  'load',
  'conn.',
  'answers/s',
  'min',
  'max',
  'per CPU s',
  'p50 ms',
  'p95',
  'p99',
  'p99.9',
  'server CPU',
  'generator CPU',
  'foreign CPU',
  'RSS MB',
  'errors',
] as const;

/** Medians over the rounds; `min` and `max` are those of the throughput. */
export function loadTable(measured: readonly Measured[]): string {
  const rows = measured.map(({ name, connections, rounds }) => {
    const of = (pick: (round: Measured['rounds'][number]) => number) => spreadOf(rounds.map(pick));
    const perSecond = of((round) => round.perSecond);
    return [
      name,
      String(connections),
      whole(perSecond.median),
      whole(perSecond.min),
      whole(perSecond.max),
      whole(of((round) => round.perCpuSecond).median),
      milliseconds(of((round) => round.latency.p50).median),
      milliseconds(of((round) => round.latency.p95).median),
      milliseconds(of((round) => round.latency.p99).median),
      milliseconds(of((round) => round.latency.p999).median),
      percent(of((round) => round.serverCpu).median),
      percent(of((round) => round.generatorCpu).median),
      percent(of((round) => round.foreignCpu).max),
      megabytes(of((round) => round.rssBytes).max),
      whole(rounds.reduce((sum, round) => sum + round.errors, 0)),
    ];
  });
  return table(HEADER, rows);
}

/** Each case to the base in the same round and with as many connections. */
export function ratioTable(measured: readonly Measured[], bases: readonly string[]): string {
  const rows = bases.flatMap((base) =>
    measured
      .filter(({ name }) => !bases.includes(name))
      .flatMap((subject) => {
        const yardstick = measured.find(
          ({ name, connections }) => name === base && connections === subject.connections,
        );
        return yardstick ? [ratioRow(subject, yardstick)] : [];
      }),
  );
  return table(RATIO_HEADER, rows);
}

export const RATIO_HEADER = ['ratio', 'conn.', 'answers/s', 'min', 'max', 'per CPU s', 'min', 'max'] as const;

/** Median, smallest and largest ratio over the rounds: of throughput, and of answers for a CPU second. */
export function ratioRow(subject: Measured, yardstick: Measured): readonly string[] {
  const figures = (['perSecond', 'perCpuSecond'] as const).flatMap((unit) => {
    const { median, min, max } = spreadOf(
      subject.rounds.map((round, index) => round[unit] / (yardstick.rounds[index]?.[unit] ?? Number.NaN)),
    );
    return [median, min, max].map((value) => value.toFixed(3));
  });
  return [`${subject.name} / ${yardstick.name}`, String(subject.connections), ...figures];
}
