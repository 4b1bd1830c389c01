import assert from 'node:assert/strict';
import { randomBytes, randomUUID } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { ApiError } from '@keyhold/api/errors.ts';
import type { WrappingAlgorithm } from '@keyhold/api/kms/import.ts';
import { cached } from '../../store/cached-store.ts';
import { sampleKey } from '../../store/conformance/samples.ts';
import { emptyStores, testDirectory } from '../../store/conformance/sqlite-files.ts';
import type { Store } from '../../store/store.ts';
import { parseCiphertext } from '../ciphertext.ts';
import type { EncryptionContext } from '../encryption-context.ts';
import type { Engine } from '../engine.ts';
import type { Key, ProtectionLevel } from '../key.ts';
import { Keyring } from '../keyring.ts';
import { VersionUses } from '../version-uses.ts';
import { importing } from './importing.ts';
import { messages } from './messages.ts';

/** An implementation to be tested. */
export interface EngineUnderTest {
  readonly level: ProtectionLevel;
  readonly suiteOf: Readonly<Record<string, number>>;
  /** Another engine over the same material, as after a restart; all of one domain key. */
  engine(now?: () => number, epochMessages?: number): Engine;
  readonly unsupported: readonly WrappingAlgorithm[];
  close(): Promise<void>;
}

const LIMITS = { keys: 100, versions: 100, aliases: 1, accessKeys: 1, clock: () => performance.now() };

/** What the parts of the suite share: an engine, a store that is empty at first, and a keyring over both. */
export class Bench {
  readonly tested: EngineUnderTest;
  readonly engine: Engine;
  readonly store: Store;
  readonly ring: Keyring;

  constructor(tested: EngineUnderTest, store: Store) {
    this.tested = tested;
    // Opened material lives as long as a row in memory.
    this.store = cached(store, LIMITS);
    this.engine = tested.engine();
    this.ring = this.ringOf(this.engine);
  }

  ringOf(engine: Engine): Keyring {
    const { keys } = this.store;
    return new Keyring({ [this.tested.level]: engine }, keys, new VersionUses(keys, Date.now));
  }

  sample(changes: Partial<Key> = {}): Key {
    return sampleKey({ protectionLevel: this.tested.level, primaryVersionId: randomUUID(), ...changes });
  }

  /** With material of the engine's own. */
  async stored(changes: Partial<Key> = {}): Promise<Key> {
    const key = this.sample(changes);
    await this.store.keys.create(key, await this.ring.newVersion(key, key.primaryVersionId ?? ''), [], 1e9);
    return key;
  }

  decrypt(key: Key, blob: Uint8Array, context?: EncryptionContext, ring = this.ring): Promise<Buffer> {
    const parsed = parseCiphertext('CiphertextBlob', Buffer.from(blob).toString('base64'));
    return ring.decrypt(key, parsed, context);
  }
}

export interface EngineTest {
  readonly name: string;
  readonly test: (title: string, body: (bench: Bench) => Promise<void>) => void;
}

/** The contract of `Engine` as tests, through the keyring where it uses it. */
export function engineConformance(name: string, open: () => Promise<EngineUnderTest>): void {
  describe(name, () => {
    const openStore = emptyStores(testDirectory());
    let bench: Bench;
    before(async () => {
      bench = new Bench(await open(), (await openStore()).store);
    });
    after(async () => {
      await bench.store.close();
      await bench.tested.close();
    });
    const engineTest: EngineTest = { name, test: (title, body) => test(title, () => body(bench)) };
    messages(engineTest);
    importing(engineTest);
  });
}

/** The code of the refusal, which says no more than that the blob is wrong. */
export async function codeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return 'none';
  } catch (error) {
    assert.ok(error instanceof ApiError, String(error));
    if (error.code === 'InvalidParameter') assert.match(error.message, /"CiphertextBlob"/);
    return error.code;
  }
}

export const PLAINTEXT: Buffer = Buffer.from('SGVsbG8gd29ybGQ=');
export const newMaterial = (): Buffer => randomBytes(32);
