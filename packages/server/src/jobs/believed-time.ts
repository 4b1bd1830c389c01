import type { Settings } from '../store/store.ts';

const NAME = 'believed-time';
/** So that a server that does nothing does not write every second. */
const STEP_MS = 60_000;

/**
 * What the clock last said without doubt, to within a minute: a start compares its own time with it. Where nothing was
 * remembered yet, it is `first` from now on.
 */
export async function readBelievedTime(settings: Settings, first: number): Promise<number> {
  const stored = (await settings.get(NAME)) ?? (await settings.putOnce(NAME, textOf(first)));
  return Number(Buffer.from(stored).toString('latin1'));
}

export async function rememberBelievedTime(settings: Settings, time: number): Promise<void> {
  const known = await readBelievedTime(settings, time);
  if (Math.abs(time - known) >= STEP_MS) await settings.put(NAME, textOf(time));
}

const textOf = (time: number): Buffer => Buffer.from(String(time), 'latin1');
