import { hash } from 'node:crypto';
import type { Entry, EntryCaller } from '../entry.ts';
import { ownAttributes, placesIn, placesOf, sharedAttributes } from './attributes.ts';
import type { Filter, LookupQuery } from './query.ts';

/** A term is a place with an attribute, or the place alone, as a number of 53 bits. */
export type Term = number;

const EVERYTHING = { key: '', value: '' } as const;
const LOW = 2 ** 32;
/** Names of resources come again and again. */
const MOST_KNOWN = 50_000;

/**
 * Terms are hashes under a secret seed: nobody can aim for those of another account, to make its lookups slow.
 * Two that are equal by chance do no harm, since every line is compared before it is shown.
 */
export class Terms {
  readonly #seed: string;
  /** By the caller as the decoder made it: one object for all lines of an origin, so it stands for the origin. */
  readonly #shared = new WeakMap<EntryCaller, Map<string, readonly Term[]>>();
  readonly #known = new Map<string, Term>();

  constructor(seed: string) {
    this.#seed = seed;
  }

  /** Under these terms a decoded entry is found, each once. */
  of(entry: Entry): readonly Term[] {
    const own = ownAttributes(entry);
    return placesOf(entry).flatMap((place) => [
      ...this.#sharedBy(place, entry),
      ...new Set(own.map((attribute) => this.#term(place, attribute))),
    ]);
  }

  /** Where a query looks: in each place, what has all of these. */
  asked(query: LookupQuery): readonly (readonly Term[])[] {
    const wanted = query.filters.length > 0 ? query.filters : [EVERYTHING];
    return placesIn(query).map((place) => wanted.map((filter) => this.#term(place, filter)));
  }

  /** What an index made with this seed carries. */
  check(): number {
    return this.#term('', EVERYTHING);
  }

  #sharedBy(place: string, entry: Entry): readonly Term[] {
    const name = `${place} ${entry.kind} ${entry.action}`;
    let known = this.#shared.get(entry.caller);
    if (!known) {
      known = new Map();
      this.#shared.set(entry.caller, known);
    }
    let terms = known.get(name);
    if (!terms) {
      terms = [EVERYTHING, ...sharedAttributes(entry)].map((attribute) => this.#term(place, attribute));
      known.set(name, terms);
    }
    return terms;
  }

  #term(place: string, { key, value }: Filter | typeof EVERYTHING): Term {
    const text = `${place}\0${key}\0${value}`;
    // No event comes twice.
    if (key === 'EventId') return this.#hash(text);
    let term = this.#known.get(text);
    if (term !== undefined) return term;
    term = this.#hash(text);
    if (this.#known.size >= MOST_KNOWN) this.#known.clear();
    this.#known.set(text, term);
    return term;
  }

  #hash(text: string): Term {
    const hex = hash('sha256', `${this.#seed}\0${text}`, 'hex');
    return termOf(Number.parseInt(hex.slice(0, 8), 16) >>> 11, Number.parseInt(hex.slice(8, 16), 16));
  }
}

export const highOf = (term: Term): number => Math.floor(term / LOW);
export const lowOf = (term: Term): number => term % LOW;
export const termOf = (high: number, low: number): Term => high * LOW + low;
