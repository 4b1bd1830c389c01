import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { TrailPublicKey } from '@keyhold/server/trail/checkpoints/public-key.ts';
import { type Verdict, verifyTrail } from '@keyhold/server/trail/verify.ts';
import { EXIT, UsageError } from '../exit-codes.ts';

interface Options {
  readonly trail?: string;
  readonly publicKey?: string;
  readonly checkpoints?: readonly string[];
}

/**
 * Verifies a trail against signed checkpoints. With `--trail`, from the files that are named and nothing else:
 * what this file imports is all that an auditor has to read. Without, that of the data directory, also against
 * what the database remembers; the server may be running.
 */
export async function verifyCommand({ trail, publicKey, checkpoints = [] }: Options): Promise<void> {
  const own = trail === undefined ? await (await import('./of-data-dir.ts')).trailOfDataDir() : undefined;
  const directory = own?.directory ?? trail ?? '';
  if (!existsSync(directory)) throw new UsageError(`there is no trail in ${own?.shown ?? directory}`);
  const missing = checkpoints.find((path) => !existsSync(path));
  if (missing !== undefined) throw new UsageError(`--checkpoints: there is nothing at ${missing}`);

  const key = publicKey === undefined ? own?.proof?.publicKey : await readPublicKey(publicKey);
  if (!key && checkpoints.length > 0) throw new UsageError('--checkpoints needs --public-key');
  const proof = key && { publicKey: key, copies: checkpoints, remembered: own?.proof?.remembered };
  const verdict = await verifyTrail(directory, { anchor: own?.anchor, proof, onProgress: progress });
  if (process.stderr.isTTY) process.stderr.write('\r\x1b[K');
  if (verdict.ok && verdict.segments === 0) {
    throw new UsageError(`there is no trail in ${own?.shown ?? directory}`);
  }
  process.stdout.write(report(own?.shown ?? directory, verdict, key));
  if (!verdict.ok) process.exitCode = EXIT.refused;
}

async function readPublicKey(path: string): Promise<TrailPublicKey> {
  try {
    return new TrailPublicKey(await readFile(path, 'utf8'));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new UsageError(`--public-key: ${path} is not a readable Ed25519 public key in PEM (${reason})`);
  }
}

function progress(segments: number, bytes: number): void {
  if (process.stderr.isTTY) process.stderr.write(`\rverified ${segments} files, ${megabytes(bytes)}`);
}

function report(trail: string, verdict: Verdict, key: TrailPublicKey | undefined): string {
  const lines = verdict.ok ? whole(trail, verdict, key) : damaged(trail, verdict);
  return lines.map((line) => `${line}\n`).join('');
}

function damaged(trail: string, verdict: Extract<Verdict, { ok: false }>): readonly string[] {
  const { kind, message, before, signed, time } = verdict;
  const upTo = signed?.checkpoint ? signed.head.seq : 0;
  const certain = signed?.checkpoint
    ? [
        `Entries up to number ${upTo} are as checkpoint ${signed.checkpoint.number} signed them; nothing after is certain.`,
        ...(before.seq > upTo
          ? [`Those from ${upTo + 1} to ${before.seq} fit one another, but are not signed.`]
          : []),
      ]
    : [`Entries up to number ${before.seq} fit one another; nothing after is certain.`];
  return [
    `The trail in ${trail} is DAMAGED (${kind}).`,
    `  ${message}`,
    ...(time > 0 ? [`  What stood there was written at ${iso(time)} or later.`] : []),
    ...certain.map((line) => `  ${line}`),
    '  try: restore the file from a backup, or go on with keyhold trail accept-break --reason ...',
  ];
}

function whole(
  trail: string,
  verdict: Extract<Verdict, { ok: true }>,
  key: TrailPublicKey | undefined,
): readonly string[] {
  const { lines, segments, bytes, head, breaks, signed, front } = verdict;
  const but = breaks.length > 0 ? ' but for the accepted damage' : '';
  const notes = [
    `Last: number ${head.seq}, ${head.hash}`,
    ...(signed?.checkpoint
      ? [
          `Checkpoint ${signed.checkpoint.number} of ${iso(signed.checkpoint.time)} signs it up to number ${signed.head.seq}; what came later is not signed yet.`,
          `The key has the fingerprint ${key?.fingerprint}`,
        ]
      : [`It was compared with no checkpoint${key ? '' : ': give --public-key'}.`]),
    ...(front
      ? [`Entries up to number ${front.before.seq} were removed when their time was over; that is signed.`]
      : []),
    verdict.anchored
      ? 'Its end agrees with what the database remembers.'
      : `Lines missing after number ${signed?.head.seq ?? 0} would not show.`,
    ...breaks.map(({ after, reason }) => `Accepted damage after entry ${after}: ${reason}`),
    ...(verdict.tornBytes > 0 ? [`${verdict.tornBytes} bytes of an unfinished write stand at the end.`] : []),
  ];
  return [
    `The trail in ${trail} is whole${but}: ${lines} lines in ${segments} files, ${megabytes(bytes)}.`,
    ...notes.map((note) => `  ${note}`),
  ];
}

const iso = (time: number): string => new Date(time).toISOString();
const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(bytes < 1e7 ? 3 : 0)} MB`;
