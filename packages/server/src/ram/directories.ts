import { LRUCache } from 'lru-cache';
import { sealAccessKey, withStatus } from '../access/access-keys.ts';
import type { DomainKey } from '../keys/domain-key.ts';
import { SecretBytes } from '../secret-bytes.ts';
import {
  type AccessKey,
  Conflict,
  type Ram,
  type RamChange,
  type RamRow,
  type RamRows,
} from '../store/store.ts';
import type { Directory } from './directory.ts';
import { LoadedDirectory } from './loaded-directory.ts';
import type { AccessKeyStep, RamPlan } from './plan.ts';
import { type AnyRecord, placeOf, recordOf, rowOf } from './rows.ts';
import { type Digests, nameOfRow, Seal } from './seal.ts';

/** Accounts of which the last directory is kept, so that what did not change is not read and hashed again. */
const REMEMBERED = 1000;

interface Opened {
  readonly directory: Directory;
  readonly digests: Digests;
  /** By name, what a row said and what was read from it. */
  readonly records: ReadonlyMap<string, { readonly value: string; readonly record: AnyRecord }>;
}

/**
 * The directories of all accounts. One lives exactly as long as its rows stay in the store's bounded cache, so
 * that it is as fresh as they are. An account that does not exist has an empty one.
 */
export class Directories {
  readonly #domainKey: DomainKey;
  readonly #store: Ram;
  readonly #seal: Seal;
  readonly #opened = new WeakMap<RamRows, Opened>();
  readonly #latest = new LRUCache<string, Opened>({ max: REMEMBERED });
  readonly #changing = new Map<string, Promise<unknown>>();

  constructor(domainKey: DomainKey, store: Ram) {
    this.#domainKey = domainKey;
    this.#store = store;
    this.#seal = new Seal(domainKey);
  }

  /** Throws an error that names the account where its rows were edited in the database. */
  async get(accountId: string): Promise<Directory> {
    const rows = await this.#store.load(accountId);
    return this.#open(rows).directory;
  }

  /**
   * Makes one atomic change: `plan` sees the directory as it stands and says what to change. Changes of one
   * account by this process come one after the other; where another process was faster it throws `Conflict`.
   */
  async change<T>(
    accountId: string,
    plan: (directory: Directory) => RamPlan<T> | Promise<RamPlan<T>>,
  ): Promise<T> {
    const before = this.#changing.get(accountId) ?? Promise.resolve();
    const change = before.then(() => this.#change(accountId, plan));
    const ended = change.then(nothing, nothing);
    this.#changing.set(accountId, ended);
    try {
      return await change;
    } finally {
      if (this.#changing.get(accountId) === ended) this.#changing.delete(accountId);
    }
  }

  async #change<T>(
    accountId: string,
    plan: (directory: Directory) => RamPlan<T> | Promise<RamPlan<T>>,
  ): Promise<T> {
    const { directory, digests } = this.#open(await this.#store.load(accountId));
    const planned = await plan(directory);
    const change = this.#changeOf(accountId, planned);
    if (Object.values(change).every((steps) => steps.length === 0)) return planned.result;
    const revision = directory.revision + 1;
    const mac = this.#seal.mac(accountId, revision, digests, change);
    const outcome = await this.#store.change(accountId, { revision, mac }, change);
    if (outcome === 'conflict') throw new Conflict();
    return planned.result;
  }

  #changeOf(accountId: string, { put = [], remove = [], accessKey }: RamPlan<unknown>): RamChange {
    return {
      put: put.map(rowOf),
      remove: remove.map(placeOf),
      putAccessKeys:
        accessKey === undefined || accessKey.do === 'remove' ? [] : [this.#row(accountId, accessKey)],
      removeAccessKeys: accessKey?.do === 'remove' ? [accessKey.accessKeyId] : [],
    };
  }

  #row(accountId: string, step: Exclude<AccessKeyStep, { do: 'remove' }>): AccessKey {
    if (step.do === 'switch') return withStatus(this.#domainKey, step.accessKey, step.status);
    const { pair, owner, createdAt } = step;
    using secret = new SecretBytes(Buffer.from(pair.secret, 'utf8'));
    const fields = { accessKeyId: pair.id, accountId, owner, status: 'Active', createdAt } as const;
    return sealAccessKey(this.#domainKey, fields, secret);
  }

  #open(rows: RamRows): Opened {
    const known = this.#opened.get(rows);
    if (known !== undefined) return known;
    const before = this.#latest.get(rows.accountId);
    const unchanged = (row: RamRow) => {
      const same = before?.records.get(nameOfRow(row));
      return same?.value === row.value ? same : undefined;
    };
    const digests = this.#seal.open(rows, (row) => unchanged(row) && before?.digests.get(nameOfRow(row)));
    // Only now is it known that the rows are the server's own.
    const records = new Map(
      rows.rows.map((row) => {
        const read = unchanged(row) ?? { value: row.value, record: recordOf(row) };
        return [nameOfRow(row), read] as const;
      }),
    );
    const directory = new LoadedDirectory(
      rows,
      Array.from(records.values(), ({ record }) => record),
    );
    const opened = { directory, digests, records };
    this.#opened.set(rows, opened);
    // Strangers may name accounts that do not exist.
    if (rows.accessKeys.length > 0) this.#latest.set(rows.accountId, opened);
    return opened;
  }
}

const nothing = (): undefined => undefined;
