import { readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The parts of a .cpuprofile that are read here. */
interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
    readonly children?: readonly number[];
  }[];
  /** On the machine's monotonic clock, microseconds. */
  readonly startTime: number;
  readonly samples: readonly number[];
  /** Microseconds before each sample. */
  readonly timeDeltas: readonly number[];
}

interface Frame {
  readonly name: string;
  /** Path from the root of the checkout, `node:...`, or empty for the engine's own. */
  readonly file: string;
  readonly line: number;
  readonly parent: Frame | undefined;
}

/** Microseconds the main thread was at work, and by whom, largest first. */
export interface ProfileSummary {
  readonly busy: number;
  readonly categories: readonly (readonly [category: string, busy: number])[];
  readonly functions: readonly (readonly [label: string, busy: number])[];
}

/**
 * Where time is booked, first match first. What matches nothing (Node's crypto, buffers, Map and the like) is
 * booked on whoever called it.
 */
const CATEGORIES: readonly (readonly [file: RegExp, category: string])[] = [
  [
    /^node:(_http|net$|internal\/(http|net|stream_base|streams|timers|event_target))|^node:(events|stream)/,
    'node http and sockets',
  ],
  [/node_modules\/(fastify|avvio|find-my-way|light-my-request|@fastify|fast-json|secure-json)/, 'fastify'],
  [/node_modules\/zod\//, 'zod'],
  [/node_modules\/(pino|sonic-boom|thread-stream)/, 'log'],
  [/node_modules\/prom-client/, 'metrics'],
  [
    /node_modules\/kysely|^packages\/server\/src\/store\/|node_modules\/lru-cache|^node:sqlite/,
    'store and caches',
  ],
  [/^packages\/api\/src\/signature\/|wires\/.*sign/, 'signature'],
  [/^packages\/api\/src\/(parameters|values|contract)/, 'parameters'],
  [/wires\/reply|wires\/xml/, 'reply'],
  [/^packages\/server\/src\/wires\//, 'parse request'],
  [/access\/(replay|keyed-hash)/, 'replay guard'],
  [/access\//, 'authenticate and authorise'],
  [/^packages\/server\/src\/keys\//, 'key material and AEAD'],
  [/^packages\/server\/src\/(trail\/|record)/, 'trail'],
  [/^packages\/server\/src\/http/, 'http/'],
  [/^packages\/server\/src\//, 'pipeline and operations'],
];

export function summarise(path: string, root: string, from: number, to: number): ProfileSummary {
  const profile: CpuProfile = JSON.parse(readFileSync(path, 'utf8'));
  const frames = framesOf(profile, root);
  const byCategory = new Map<string, number>();
  const byFunction = new Map<string, number>();
  let busy = 0;
  let now = profile.startTime;
  for (const [index, id] of profile.samples.entries()) {
    // A sample stands for the time until the next one.
    now += profile.timeDeltas[index] ?? 0;
    const time = profile.timeDeltas[index + 1] ?? 0;
    const frame = frames.get(id);
    if (now < from || now > to || !frame || frame.name === '(idle)') continue;
    busy += time;
    add(byCategory, categoryOf(frame), time);
    add(byFunction, `${frame.name} ${frame.file}${frame.file && `:${frame.line}`}`, time);
  }
  return { busy, categories: largestFirst(byCategory), functions: largestFirst(byFunction) };
}

function framesOf(profile: CpuProfile, root: string): ReadonlyMap<number, Frame> {
  const parents = new Map(
    profile.nodes.flatMap((node) => (node.children ?? []).map((child) => [child, node.id] as const)),
  );
  const frames = new Map<number, Frame>();
  // Parents come before their children in the list.
  for (const { id, callFrame } of profile.nodes) {
    frames.set(id, {
      name: callFrame.functionName || '(anonymous)',
      file: fileOf(callFrame.url, root),
      line: callFrame.lineNumber + 1,
      parent: frames.get(parents.get(id) ?? -1),
    });
  }
  return frames;
}

function fileOf(url: string, root: string): string {
  return url.startsWith('file:') ? relative(root, fileURLToPath(url)) : url;
}

function categoryOf(frame: Frame): string {
  if (frame.name === '(garbage collector)') return 'garbage collection';
  if (frame.name === '(program)') return 'kernel and event loop';
  for (let at: Frame | undefined = frame; at; at = at.parent) {
    const { file } = at;
    const category = CATEGORIES.find(([pattern]) => pattern.test(file))?.[1];
    if (category) return category;
  }
  return 'other';
}

function add(sums: Map<string, number>, name: string, time: number): void {
  sums.set(name, (sums.get(name) ?? 0) + time);
}

function largestFirst(sums: ReadonlyMap<string, number>) {
  return [...sums].sort(([, a], [, b]) => b - a);
}
