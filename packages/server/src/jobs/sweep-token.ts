import { type Token, TokenUnavailable } from '../hsm/token.ts';
import { DoesNotOpen } from '../keys/domain-key.ts';
import type { TokenEngine } from '../keys/token-engine.ts';
import type { TokenObject } from '../keys/token-labels.ts';
import type { Condemned, Keys } from '../store/store.ts';

const VERSIONS_AT_ONCE = 100;
const CONDEMNED_AT_ONCE = 100;

export interface SweepPorts {
  readonly token: Token;
  readonly engine: Pick<TokenEngine, 'labels' | 'labelOf' | 'erase'>;
  readonly keys: Pick<Keys, 'find' | 'listVersions' | 'listCondemned' | 'forgetCondemned'>;
  readonly now: () => number;
  readonly isClockDoubted: () => boolean;
  /** Told of objects when they are first seen to belong to nothing. */
  readonly onOrphans: (labels: readonly string[]) => void;
}

/**
 * Takes away what is of no use in the token: wrapping pairs whose time is over, and what the store has condemned. Keys
 * that no row of the store names are told of and stay: a crash may have left them, but the database may as well be a
 * copy, or older than the token, and what another one needs must not go.
 */
export class TokenSweep {
  readonly #ports: SweepPorts;
  /** Of which it was told. */
  #orphans: ReadonlySet<string> = new Set();

  constructor(ports: SweepPorts) {
    this.#ports = ports;
  }

  /** How many objects it destroyed. Another time will do where the token is away. */
  async run(): Promise<number> {
    const { token, engine, now, isClockDoubted } = this.#ports;
    if (!token.health().up) return 0;
    const failures: unknown[] = [];
    const tried = (work: Promise<unknown>) => work.catch((error: unknown) => failures.push(error));
    await tried(this.erase());
    // The token first: what is made after this is not looked at, what is stored after this is found.
    const labels = await token.list(engine.labels.all);
    const objects = labels.flatMap((label) => engine.labels.parse(label) ?? []);
    const time = now();
    const old = objects.filter(({ kind, number }) => kind === 'pair' && number <= time && !isClockDoubted());
    for (const { label } of old) await tried(token.destroy(label));
    await this.#tellOfOrphans(objects);
    if (failures.length > 0) throw failures[0];
    return old.length;
  }

  /** Destroys what is condemned and still there. One that fails does not keep the others. */
  async erase(): Promise<void> {
    const { token, engine, keys } = this.#ports;
    if (!token.health().up) return;
    const failures: unknown[] = [];
    for await (const condemned of this.#condemned()) {
      try {
        if (!(await engine.erase(condemned))) break; // a token with nothing of this server has none of the others
        await keys.forgetCondemned(condemned);
      } catch (error) {
        if (error instanceof TokenUnavailable) throw error;
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
  }

  async *#condemned(): AsyncGenerator<Condemned, void, undefined> {
    for (let after = ''; ; ) {
      const some = await this.#ports.keys.listCondemned(CONDEMNED_AT_ONCE, after);
      yield* some;
      if (some.length < CONDEMNED_AT_ONCE) return;
      after = some.at(-1)?.keyId ?? '';
    }
  }

  async #tellOfOrphans(objects: readonly TokenObject[]): Promise<void> {
    const ofKeys = Map.groupBy(
      objects.filter(({ kind }) => kind === 'key'),
      ({ keyId }) => keyId,
    );
    const orphans = new Set<string>();
    for (const [keyId, made] of ofKeys) {
      const named = await this.#namedLabels(keyId);
      for (const { label } of named === undefined ? [] : made) {
        if (!named?.has(label)) orphans.add(label);
      }
    }
    const news = [...orphans].filter((label) => !this.#orphans.has(label));
    if (news.length > 0) this.#ports.onOrphans(news);
    this.#orphans = orphans;
  }

  /** What the rows of the key name; undefined where one of them does not say. */
  async #namedLabels(keyId: string): Promise<ReadonlySet<string> | undefined> {
    const { keys, engine } = this.#ports;
    const key = await keys.find(keyId);
    if (key === undefined) return new Set();
    const named = new Set<string>();
    for (let offset = 0; ; offset += VERSIONS_AT_ONCE) {
      const { total, rows } = await keys.listVersions(keyId, { offset, limit: VERSIONS_AT_ONCE });
      for (const { keyVersionId, wrappedMaterial } of rows) {
        if (wrappedMaterial === null) continue;
        try {
          named.add(engine.labelOf(key, keyVersionId, wrappedMaterial));
        } catch (error) {
          if (error instanceof DoesNotOpen) return undefined;
          throw error;
        }
      }
      if (offset + rows.length >= total || rows.length === 0) return named;
    }
  }
}
