import type { Settings } from '../store/store.ts';
import type { Head } from './chain.ts';

const NAME = 'trail-anchor';

/** The last entry of the trail that the database remembers: a trail that ends before it was cut short. */
export async function readAnchor(settings: Settings): Promise<Head | undefined> {
  const stored = await settings.get(NAME);
  return stored && JSON.parse(Buffer.from(stored).toString('utf8'));
}

export async function rememberAnchor(settings: Settings, head: Head): Promise<void> {
  const known = await readAnchor(settings);
  if (known?.seq === head.seq) return;
  await settings.put(NAME, Buffer.from(JSON.stringify(head), 'utf8'));
}
