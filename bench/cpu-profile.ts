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

/** Shares of the busy time, largest first. */
export interface ProfileSummary {
  readonly idleShare: number;
  readonly categories: readonly (readonly [category: string, share: number])[];
  readonly functions: readonly (readonly [label: string, share: number])[];
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
  [/access\/replay/, 'replay guard'],
  [/access\//, 'authenticate and authorise'],
  [/^packages\/server\/src\/keys\//, 'key material and AEAD'],
  [/^packages\/server\/src\/(trail\/|record)/, 'trail'],
  [/^packages\/server\/src\/http|^packages\/server\/src\/(health|metrics)/, 'http.ts'],
  [/^packages\/server\/src\//, 'pipeline and operations'],
];

export function summarise(path: string, root: string): ProfileSummary {
  const profile: CpuProfile = JSON.parse(readFileSync(path, 'utf8'));
  const frames = framesOf(profile, root);
  const byCategory = new Map<string, number>();
  const byFunction = new Map<string, number>();
  let idle = 0;
  let busy = 0;
  for (const [index, id] of profile.samples.entries()) {
    const frame = frames.get(id);
    const time = profile.timeDeltas[index] ?? 0;
    if (!frame || frame.name === '(idle)') {
      idle += time;
      continue;
    }
    busy += time;
    add(byCategory, categoryOf(frame), time);
    add(byFunction, `${frame.name} ${frame.file}${frame.file && `:${frame.line}`}`, time);
  }
  return {
    idleShare: idle / (idle + busy),
    categories: shares(byCategory, busy),
    functions: shares(byFunction, busy),
  };
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

function shares(sums: ReadonlyMap<string, number>, total: number) {
  return [...sums].map(([name, time]) => [name, time / total] as const).sort(([, a], [, b]) => b - a);
}
