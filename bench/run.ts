import { mkdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { measureAccess } from './access.ts';
import { machine } from './machine.ts';
import type { Pace } from './matrix.ts';
import { measureMillionKeys } from './million-keys.ts';
import { profile } from './profile.ts';
import { ACTIONS, isAction } from './requests.ts';
import { ROOT } from './servers.ts';
import { measureThousandKeys } from './thousand-keys.ts';

const ALL = 'thousand,million,access';
const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    rounds: { type: 'string' },
    seconds: { type: 'string' },
    attempts: { type: 'string' },
    only: { type: 'string', default: ALL },
    data: { type: 'string', default: join(tmpdir(), 'keyhold-bench') },
    name: { type: 'string', default: new Date().toISOString().replace(/\..*/, '').replaceAll(':', '') },
    profile: { type: 'string' },
    connections: { type: 'string', default: '64' },
    help: { type: 'boolean', default: false },
  },
});

const HELP = `npm run bench -- [options]

Load on one server process pinned to core 0 from a generator pinned to core 1. Every answer costs what it
costs in production: signature, replay guard, authorisation, durable trail. Prints medians over rounds. A
measurement during which other processes took more than a tenth of either core is taken again.

  --quick          2 rounds of 2 seconds, 1,000 keys only
  --rounds <n>     rounds (5); every kind of load is measured once a round, interleaved
  --seconds <n>    measured seconds of each load in each round (4), after 1 second of warm-up
  --attempts <n>   how often a disturbed measurement is taken at most (3); the least disturbed one counts
  --only <parts>   comma list: thousand, million, access
  --profile <action>  instead: load with GenerateDataKey, Decrypt or Encrypt under the CPU profiler, and tell
                   which part of the server takes what share
  --connections <n>   of --profile (64)
  --data <dir>     data directories, kept between runs (${options.data})
  --name <name>    results go to bench/results/<name>.json
`;

async function run(): Promise<void> {
  const pace: Pace = {
    rounds: Number(options.rounds ?? (options.quick ? 2 : 5)),
    seconds: Number(options.seconds ?? (options.quick ? 2 : 4)),
    warmupSeconds: 1,
    attempts: Number(options.attempts ?? (options.quick ? 1 : 3)),
  };
  const parts = (options.quick && options.only === ALL ? 'thousand' : options.only).split(',');
  mkdirSync(options.data, { recursive: true });
  const { profile: action } = options;
  if (action) {
    if (!isAction(action)) throw new Error(`--profile ${action}: expected one of ${ACTIONS.join(', ')}`);
    return profile(options.data, action, Number(options.connections), pace.seconds);
  }
  const results: Record<string, unknown> = { machine: machine(options.data), pace };
  console.log(JSON.stringify(results.machine), '\n');
  if (parts.includes('thousand')) results.thousandKeys = await measureThousandKeys(options.data, pace);
  if (parts.includes('million')) results.millionKeys = await measureMillionKeys(options.data, pace);
  if (parts.includes('access')) results.access = await measureAccess(options.data, pace);
  const folder = join(ROOT, 'bench/results');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${options.name}.json`), JSON.stringify(results, null, 2));
}

// So that the servers end with us.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
if (options.help) console.log(HELP);
else await run();
