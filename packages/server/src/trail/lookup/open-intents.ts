import type { Entry } from '../entry.ts';
import type { Position } from './query.ts';
import type { Term } from './terms.ts';

export interface OpenIntent extends Position {
  readonly requestId: string;
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly terms: readonly Term[];
}

/**
 * Writes that were begun and have no result yet. After a crash or a full disk some stay for ever: only those
 * are events of their own, so intents stand in no list of a segment.
 */
export class OpenIntents {
  readonly #open = new Map<string, OpenIntent>();

  begin(intent: OpenIntent): void {
    this.#open.set(intent.requestId, intent);
  }

  /** The result of a request is there. Where its intent stood, if there was one. */
  end({ requestId }: Pick<Entry, 'requestId'>): Position | undefined {
    const intent = this.#open.get(requestId);
    if (intent) this.#open.delete(requestId);
    return intent;
  }

  in(segment: number): readonly OpenIntent[] {
    return [...this.#open.values()].filter((intent) => intent.segment === segment);
  }

  /** The segment is no more. */
  forget(segment: number): void {
    for (const { requestId } of this.in(segment)) this.#open.delete(requestId);
  }
}
