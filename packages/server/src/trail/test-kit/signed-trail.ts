import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DomainKey } from '../../keys/domain-key.ts';
import { SecretBytes } from '../../secret-bytes.ts';
import type { Settings } from '../../store/store.ts';
import { Checkpointer } from '../checkpoints/checkpointer.ts';
import { CheckpointCopy } from '../checkpoints/copy.ts';
import { lastCheckpoint } from '../checkpoints/remembered.ts';
import { openSigningKey, type SigningKey } from '../checkpoints/signing-key.ts';
import { openTrail } from '../open-trail.ts';
import { TrailRetention } from '../retention.ts';
import type { SegmentedTrail } from '../segmented-trail.ts';
import { type Ends, sampleEntry, temporaryDirectory } from './samples.ts';

export const testDomainKey = (): DomainKey => new DomainKey(new SecretBytes(Buffer.alloc(32, 7)));

/** Settings that forget with the process. */
export function settingsInMemory(): Settings {
  const values = new Map<string, Uint8Array>();
  const put = async (name: string, value: Uint8Array): Promise<void> => {
    values.set(name, value);
  };
  return {
    get: async (name) => values.get(name),
    put,
    async putOnce(name, value) {
      if (!values.has(name)) await put(name, value);
      return values.get(name) ?? value;
    },
  };
}

/** A trail with what signs it, as the server has them; `directory` holds the trail, `copies` its checkpoints. */
export class SignedTrail {
  readonly directory: string;
  readonly copies: string;
  readonly settings = settingsInMemory();
  readonly failures: unknown[] = [];
  /** What somebody has still to read. */
  oldestNeeded: number | undefined;
  isClockDoubted = false;
  time = 1_800_000_000_000;
  elapsed = 0;
  #index = 0;
  #open: { key: SigningKey; trail: SegmentedTrail; checkpointer: Checkpointer } | undefined;

  constructor(t: Ends) {
    const root = temporaryDirectory(t);
    this.directory = join(root, 'trail');
    this.copies = join(root, 'copies');
    mkdirSync(this.copies);
  }

  get #opened() {
    if (!this.#open) throw new Error('open() comes first');
    return this.#open;
  }

  get key(): SigningKey {
    return this.#opened.key;
  }

  get trail(): SegmentedTrail {
    return this.#opened.trail;
  }

  get checkpointer(): Checkpointer {
    return this.#opened.checkpointer;
  }

  async open(options: { segmentBytes?: number; entries?: number; seconds?: number; copy?: boolean } = {}) {
    const { segmentBytes = 2000, entries = 1_000_000, seconds = 1_000_000 } = options;
    const { directory, settings } = this;
    const key = await openSigningKey(settings, testDomainKey());
    const last = await lastCheckpoint(directory, settings, key.publicKey);
    const now = () => this.time;
    const trail = await openTrail(directory, { segmentBytes, clock: now, front: last?.front });
    const copy = new CheckpointCopy(directory, this.copies, (error) => this.failures.push(error));
    const elapsed = () => this.elapsed;
    const checkpointer = new Checkpointer(
      { directory, trail, key, settings, now, elapsed, copy: options.copy === false ? undefined : copy },
      { entries, seconds },
      last,
    );
    this.#open = { key, trail, checkpointer };
    return this;
  }

  async append(count: number): Promise<void> {
    const entries = Array.from({ length: count }, () => sampleEntry(this.#index++, { time: this.time }));
    await Promise.all(entries.map((entry) => this.trail.append(entry)));
  }

  /** What the job does, `days` after now. */
  async removeOld(days: number, retentionDays = 1): Promise<number> {
    this.time += days * 86_400_000;
    const { directory, trail, checkpointer } = this;
    const ports = {
      directory,
      trail,
      checkpointer,
      now: () => this.time,
      newId: () => crypto.randomUUID(),
      oldestNeeded: () => this.oldestNeeded,
      isClockDoubted: () => this.isClockDoubted,
    };
    return new TrailRetention(ports, retentionDays).run();
  }

  async close(): Promise<void> {
    await this.checkpointer.close();
    await this.trail.close();
  }
}
