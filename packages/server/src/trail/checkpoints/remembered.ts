import type { Settings } from '../../store/store.ts';
import type { Checkpoint } from './checkpoint.ts';
import { notesAt, singleNote } from './notes.ts';
import type { TrailPublicKey } from './public-key.ts';

const NAME = 'trail-checkpoint';

/** The last note that was signed: checkpoints taken away at the end of the trail show by it. */
export async function readRemembered(settings: Settings): Promise<string | undefined> {
  const stored = await settings.get(NAME);
  return stored && Buffer.from(stored).toString('utf8');
}

export const remember = (settings: Settings, note: string): Promise<void> =>
  settings.put(NAME, Buffer.from(note, 'utf8'));

/** The newest checkpoint that stands beside the trail or in the database: the next one goes on from it. */
export async function lastCheckpoint(
  directory: string,
  settings: Settings,
  publicKey: TrailPublicKey,
): Promise<Checkpoint | undefined> {
  const remembered = await readRemembered(settings);
  const found = await Promise.all([
    remembered === undefined ? undefined : singleNote(remembered, NAME).last(),
    notesAt(directory).then(
      (own) => own.last(),
      (error: NodeJS.ErrnoException) => {
        if (error.code !== 'ENOENT') throw error;
        return undefined;
      },
    ),
  ]);
  return found
    .map((note) => note && publicKey.open(note.text))
    .filter((checkpoint) => checkpoint !== undefined)
    .sort((a, b) => b.number - a.number)[0];
}
