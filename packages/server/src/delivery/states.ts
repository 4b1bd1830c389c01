import type { Settings } from '../store/store.ts';
import type { Cursor } from './cursor.ts';
import type { Plan } from './gather.ts';

const NAME = 'deliveries';

/** How far the deliveries of a trail got: what can be lost at the price of delivering again. */
export interface TrailState {
  readonly cursor: Cursor;
  /** The batch that was to be put next: after a crash it is put again, the same to the byte. */
  readonly plan?: Plan;
  readonly deliveredAt: number | null;
  /** The end of the last run, once everything up to it is delivered. */
  readonly finished?: number;
}

/** The states of all trails, in one value of the database. */
export class TrailStates {
  readonly #settings: Settings;
  readonly #states: Map<string, TrailState>;
  #saving: Promise<void> = Promise.resolve();

  private constructor(settings: Settings, states: Map<string, TrailState>) {
    this.#settings = settings;
    this.#states = states;
  }

  static async load(settings: Settings): Promise<TrailStates> {
    const stored = await settings.get(NAME);
    const states = stored ? JSON.parse(Buffer.from(stored).toString('utf8')) : {};
    return new TrailStates(settings, new Map(Object.entries<TrailState>(states)));
  }

  get(trailId: string): TrailState | undefined {
    return this.#states.get(trailId);
  }

  /** Known at once; durable when this resolves. */
  put(trailId: string, state: TrailState): Promise<void> {
    this.#states.set(trailId, state);
    return this.#save();
  }

  /** Forgets trails that are no more, with the next change that is saved. */
  keep(trailIds: ReadonlySet<string>): void {
    for (const id of this.#states.keys()) if (!trailIds.has(id)) this.#states.delete(id);
  }

  #save(): Promise<void> {
    const saved = this.#saving.then(() => {
      const text = JSON.stringify(Object.fromEntries(this.#states));
      return this.#settings.put(NAME, Buffer.from(text, 'utf8'));
    });
    this.#saving = saved.catch(() => undefined);
    return saved;
  }
}
