import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { WorkResult } from './envelope-work.ts';
import { machine } from './machine.ts';
import { spreadOf } from './statistics.ts';
import { table } from './table.ts';

const HELP = `node bench/envelope.ts [options]

Envelopes against age, cp -r and openssl, interleaved, as medians of ratios. Needs Linux, age and openssl. Files are
in the page cache and nothing is flushed to disk, as with age and cp, but for the rows that say so.

  --mib <n>      size of the large file (1024)
  --files <n>    number of small files (10000), of 1 to 4 KB
  --rounds <n>   rounds (5)
  --data <dir>   where the files are (a new directory below the system's temporary one)`;

const { values } = parseArgs({
  options: {
    mib: { type: 'string', default: '1024' },
    files: { type: 'string', default: '10000' },
    rounds: { type: 'string', default: '5' },
    data: { type: 'string', default: tmpdir() },
    help: { type: 'boolean', default: false },
  },
});

const MIB = 2 ** 20;
const WORK = new URL('./envelope-work.ts', import.meta.url).pathname;
const KEYHOLD = new URL('../packages/cli/bin/keyhold.js', import.meta.url).pathname;
const mib = Number(values.mib);
const fileCount = Number(values.files);

interface Measured {
  readonly seconds: number;
  readonly maxRssMb?: number;
}

/** What one round measures, by name; ratios are made of measurements of the same round. */
type Round = ReadonlyMap<string, Measured>;

function timed(command: string, args: readonly string[]): Measured {
  const start = performance.now();
  execFileSync(command, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  return { seconds: (performance.now() - start) / 1000 };
}

/** As the command keeps it, so that threads do not compile what they load. */
const COMPILED = mkdtempSync(join(tmpdir(), 'keyhold-compiled-'));

function work(args: readonly string[], core?: string): WorkResult {
  const pinned = core === undefined ? [] : ['-c', core];
  const [command, ...rest] = [
    ...(core === undefined ? [] : ['taskset', ...pinned]),
    process.execPath,
    WORK,
    ...args,
  ];
  const env = { ...process.env, NODE_COMPILE_CACHE: COMPILED };
  return JSON.parse(execFileSync(command ?? '', rest, { encoding: 'utf8', env }));
}

/** Bytes per second of AES-256-GCM on one core, as openssl itself measures. */
function opensslSpeed(): number {
  const args = ['speed', '-elapsed', '-seconds', '1', '-bytes', '65536', '-evp', 'aes-256-gcm'];
  const output = execFileSync('openssl', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  return Number(/([\d.]+)k\s*$/.exec(output)?.[1]) * 1000;
}

function prepare(directory: string) {
  const at = (name: string): string => join(directory, name);
  const fd = openSync(at('plain'), 'w');
  const block = randomBytes(MIB);
  for (let i = 0; i < mib; i++) {
    block.writeUInt32LE(i);
    writeSync(fd, block);
  }
  closeSync(fd);
  mkdirSync(at('small'));
  for (let i = 0; i < fileCount; i++)
    writeFileSync(join(at('small'), `${i}`), block.subarray(0, 1000 + (i % 3000)));
  execFileSync('age-keygen', ['-o', at('age-key')], { stdio: 'ignore' });
  const recipient = /age1\w+/.exec(readFileSync(at('age-key'), 'utf8'))?.[0] ?? '';
  return { at, recipient };
}

/**
 * The same start for all. What others wrote is on the disk, for the system slows down whoever writes while much is not;
 * and there is memory for the page cache that was just in use, for a virtual machine has to ask its host for other.
 */
function settle(scratch: string): void {
  execFileSync('sync');
  const fd = openSync(scratch, 'w');
  const block = Buffer.alloc(MIB);
  for (let i = 0; i < mib + 256; i++) writeSync(fd, block);
  closeSync(fd);
  rmSync(scratch);
}

function round({ at, recipient }: ReturnType<typeof prepare>): Round {
  const results = new Map<string, Measured>();
  const measure = (name: string, run: () => Measured, ...outputs: string[]): void => {
    for (const output of outputs) rmSync(at(output), { recursive: true, force: true });
    settle(at('scratch'));
    results.set(name, run());
  };
  const seal = ['-r', recipient, '-o', at('age'), at('plain')];
  const open = ['-d', '-i', at('age-key'), '-o', at('age-opened'), at('age')];
  measure('age encrypt', () => timed('age', seal), 'age');
  measure('encrypt', () => work(['encrypt', at('plain'), at('sealed')]), 'sealed');
  measure('age decrypt', () => timed('age', open), 'age-opened');
  rmSync(at('age-opened'));
  measure('decrypt', () => work(['decrypt', at('sealed'), at('opened')]), 'opened');
  rmSync(at('opened'));
  measure('age encrypt, one core', () => timed('taskset', ['-c', '0', 'age', ...seal]), 'age');
  measure('encrypt, one core', () => work(['encrypt', at('plain'), at('sealed')], '0'), 'sealed');
  measure('age decrypt, one core', () => timed('taskset', ['-c', '0', 'age', ...open]));
  rmSync(at('age-opened'));
  measure('decrypt, one core', () => work(['decrypt', at('sealed'), at('opened')], '0'));
  measure('openssl speed', () => ({ seconds: (mib * MIB) / opensslSpeed() }));
  measure('encrypt to /dev/null', () => work(['encrypt', at('plain'), '/dev/null']));
  measure('decrypt to /dev/null', () => work(['decrypt', at('sealed'), '/dev/null']));
  measure(
    'encrypt, flushed',
    () => work(['encrypt', at('plain'), at('sealed'), 'sync']),
    'sealed',
    'opened',
    'age',
  );
  measure('node', () => timed(process.execPath, ['-e', '0']));
  for (const args of ['--version', 'encrypt --help']) {
    measure(`keyhold ${args}`, () => timed(process.execPath, [KEYHOLD, ...args.split(' ')]));
  }
  measure('cp -r', () => timed('cp', ['-r', at('small'), at('copy')]), 'copy');
  measure('encrypt many', () => work(['encryptMany', at('small'), at('many')]), 'many');
  measure('decrypt many', () => work(['decryptMany', at('many'), at('many-opened')]), 'many-opened');
  measure('encrypt many, flushed', () => work(['encryptMany', at('small'), at('many'), 'sync']), 'many');
  return results;
}

/** name, what it is compared with, whether more is better, and what is aimed at */
const ROWS: readonly (readonly [name: string, against: string, aim: string])[] = [
  ['encrypt', 'age encrypt', '1.5'],
  ['decrypt', 'age decrypt', '1.5'],
  ['encrypt, one core', 'age encrypt, one core', '1'],
  ['decrypt, one core', 'age decrypt, one core', '1'],
  ['encrypt to /dev/null', 'openssl speed', '0.5'],
  ['decrypt to /dev/null', 'openssl speed', '0.5'],
  ['encrypt, flushed', 'age encrypt', ''],
  ['keyhold --version', 'node', '0.33'],
  ['keyhold encrypt --help', 'node', '0.33'],
  ['encrypt many', 'cp -r', '0.33'],
  ['decrypt many', 'cp -r', '0.33'],
  ['encrypt many, flushed', 'cp -r', ''],
];

function report(rounds: readonly Round[]): string {
  const of = (round: Round, name: string): Measured => round.get(name) ?? { seconds: Number.NaN };
  const rows = ROWS.map(([name, against, aim]) => {
    const ratio = spreadOf(rounds.map((round) => of(round, against).seconds / of(round, name).seconds));
    const seconds = spreadOf(rounds.map((round) => of(round, name).seconds)).median;
    const other = spreadOf(rounds.map((round) => of(round, against).seconds)).median;
    const rss = Math.max(...rounds.map((round) => of(round, name).maxRssMb ?? 0));
    const speed = name.startsWith('keyhold')
      ? `${(1000 * seconds).toFixed(0)} ms`
      : name.includes('many')
        ? `${(fileCount / seconds).toFixed(0)} files/s`
        : `${(mib / seconds).toFixed(0)} MiB/s`;
    const spread = `${ratio.min.toFixed(2)}-${ratio.max.toFixed(2)}`;
    return [
      name,
      speed,
      rss === 0 ? '' : rss.toFixed(0),
      `${against}: ${other.toFixed(3)} s`,
      ratio.median.toFixed(2),
      spread,
      aim,
    ];
  });
  return table(['', 'speed', 'MB at most', 'against', 'as fast (median)', 'min-max', 'aim'], rows);
}

if (values.help) {
  console.log(HELP);
} else {
  const directory = mkdtempSync(join(values.data, 'keyhold-envelope-bench-'));
  try {
    console.log(JSON.stringify(machine(directory)));
    const prepared = prepare(directory);
    const rounds = Array.from({ length: Number(values.rounds) }, () => round(prepared));
    console.log(`\n${mib} MiB, ${fileCount} small files, ${rounds.length} rounds\n\n${report(rounds)}`);
  } finally {
    for (const made of [directory, COMPILED]) rmSync(made, { recursive: true, force: true });
  }
}
