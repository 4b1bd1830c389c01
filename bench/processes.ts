import { readdirSync, readFileSync } from 'node:fs';

/** What the kernel counts in: /proc gives times in hundredths of a second. */
const TICK_SECONDS = 0.01;
const PAGE_BYTES = 4096;

export interface Usage {
  /** Processor time, user and kernel. */
  readonly cpuSeconds: number;
  readonly rssBytes: number;
}

/** A process and all its descendants. */
export function usageOf(pid: number): Usage {
  const stats = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(statOf)
    .filter((stat) => stat !== undefined);
  const family = new Set([pid]);
  // A child may have a smaller id than its parent once ids wrap around: go on until nobody is added.
  for (let before = 0; before !== family.size; ) {
    before = family.size;
    for (const stat of stats) if (family.has(stat.parent)) family.add(stat.pid);
  }
  const members = stats.filter((stat) => family.has(stat.pid));
  return {
    cpuSeconds: members.reduce((sum, stat) => sum + stat.cpuSeconds, 0),
    rssBytes: members.reduce((sum, stat) => sum + stat.rssBytes, 0),
  };
}

function statOf(pid: string) {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/stat`, 'latin1');
  } catch {
    return undefined;
  }
  // The name in parentheses may hold spaces; the fields after it start with the third.
  const fields = text
    .slice(text.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number);
  return {
    pid: Number(pid),
    parent: fields[1] ?? 0,
    cpuSeconds: ((fields[11] ?? 0) + (fields[12] ?? 0)) * TICK_SECONDS,
    rssBytes: (fields[21] ?? 0) * PAGE_BYTES,
  };
}

/** Seconds the given core was busy, or kept from us by the hypervisor, since boot. */
export function coreSeconds(core: number): number {
  const line = readFileSync('/proc/stat', 'latin1')
    .split('\n')
    .find((line) => line.startsWith(`cpu${core} `));
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, stolen = 0] = (line ?? '')
    .split(/\s+/)
    .slice(1)
    .map(Number);
  return (user + nice + system + irq + softirq + stolen) * TICK_SECONDS;
}
