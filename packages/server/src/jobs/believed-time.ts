import type { Settings } from '../store/store.ts';
import type { ClockMemory } from './clock-jump.ts';

const NAME = 'believed-time';
/** So that a server that does nothing does not write every second. */
const STEP_MS = 60_000;

/**
 * What a start compares its own time with, to within a minute. Where nothing was remembered yet, it is `first` from now
 * on; what cannot be read is a time long ago, so that the clock is doubted.
 */
export async function readBelievedTime(settings: Settings, first: number): Promise<ClockMemory> {
  const stored = (await settings.get(NAME)) ?? (await settings.putOnce(NAME, bytesOf([first])));
  const numbers = Buffer.from(stored).toString('latin1').split(' ').map(Number);
  const [believed = 0, doubtMs = 0, seen = believed] = numbers.every(Number.isFinite) ? numbers : [];
  return { believed, doubtMs, seen };
}

export async function rememberBelievedTime(settings: Settings, memory: ClockMemory): Promise<void> {
  const known = numbersOf(await readBelievedTime(settings, memory.believed));
  const now = numbersOf(memory);
  const isKnown = now.every((number, at) => Math.abs(number - (known[at] ?? 0)) < STEP_MS);
  if (!isKnown) await settings.put(NAME, bytesOf(now));
}

/** The next start doubts its clock. */
export const forgetBelievedTime = (settings: Settings): Promise<void> => settings.put(NAME, bytesOf([0]));

const numbersOf = ({ believed, doubtMs, seen }: ClockMemory) => [believed, doubtMs, seen];
const bytesOf = (numbers: readonly number[]): Buffer => Buffer.from(numbers.join(' '), 'latin1');
