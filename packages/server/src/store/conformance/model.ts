import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import type { Key } from '../../keys/key.ts';
import type { Alias, Home, KeyFilter, Store } from '../store.ts';
import { FIRST_PAGE, HOME, OTHER_REGION, sampleAlias, sampleKey } from './samples.ts';
import type { StoreTest } from './store-test.ts';

const KEY_QUOTA = 4;
const ALIAS_QUOTA = 3;
const TAG_LIMIT = 2;
const KEY_IDS = ['k0', 'k1', 'k2', 'k3', 'k4', 'k5'] as const;
const HOMES = [HOME, OTHER_REGION] as const;

const keyId = fc.constantFrom(...KEY_IDS);
const home = fc.constantFrom(...HOMES);
const aliasName = fc.constantFrom('alias/a', 'alias/b', 'alias/c', 'alias/d');
const tagKey = fc.constantFrom('p', 'q', 'r');
const tagValue = fc.constantFrom('1', '2');
const tag = fc.record({ tagKey, tagValue });
const state = fc.constantFrom('Enabled', 'Disabled', 'PendingDeletion');
const time = fc.integer({ min: 0, max: 3 });
const filter: fc.Arbitrary<KeyFilter> = fc.oneof(
  fc.record({ field: fc.constant('KeyState' as const), values: fc.array(state, { maxLength: 2 }) }),
  fc.record({ field: fc.constant('TagKey' as const), values: fc.array(tagKey, { maxLength: 2 }) }),
  fc.record({ field: fc.constant('TagValue' as const), values: fc.array(tagValue, { maxLength: 2 }) }),
  fc.record({ field: fc.constant('AliasName' as const), values: fc.array(aliasName, { maxLength: 2 }) }),
);

/** One operation, done to the store or to the model: both answer with the same value. */
const operation = fc.oneof(
  fc.record({
    do: fc.constant('create' as const),
    keyId,
    home,
    createdAt: time,
    tags: fc.array(tag, { maxLength: 1 }),
  }),
  fc.record({
    do: fc.constant('replace' as const),
    keyId,
    state,
    step: fc.constantFrom(1, 1, 1, 2),
    deleteAt: time,
  }),
  fc.record({ do: fc.constant('find' as const), keyId }),
  fc.record({
    do: fc.constant('list' as const),
    home,
    filters: fc.array(filter, { maxLength: 2 }),
    offset: time,
  }),
  fc.record({ do: fc.constant('alias' as const), home, aliasName, keyId }),
  fc.record({ do: fc.constant('findAlias' as const), home, aliasName }),
  fc.record({ do: fc.constant('retarget' as const), home, aliasName, keyId }),
  fc.record({ do: fc.constant('unalias' as const), home, aliasName }),
  fc.record({
    do: fc.constant('tag' as const),
    keyIds: fc.array(keyId, { maxLength: 2 }),
    tags: fc.array(tag, { maxLength: 2 }),
  }),
  fc.record({
    do: fc.constant('untag' as const),
    keyId,
    tagKeys: fc.oneof(fc.constant('all' as const), fc.array(tagKey)),
  }),
  fc.record({ do: fc.constant('destroy' as const), now: time }),
);
type Operation = typeof operation extends fc.Arbitrary<infer T> ? T : never;

export function modelConformance(test: StoreTest): void {
  // One store for all runs: emptied in between, as a server that runs for long.
  test('any sequence of changes does what a naive model does', async (store) => {
    const property = fc.asyncProperty(
      fc.array(operation, { maxLength: 40, size: 'max' }),
      async (operations) => {
        const model = new Model();
        for (const step of operations) {
          assert.deepEqual(await applied(store, step), model.apply(step), JSON.stringify(step));
        }
        for (const place of HOMES) {
          assert.deepEqual((await store.keys.list(place, [], FIRST_PAGE)).rows, model.keysOf(place));
          assert.deepEqual((await store.aliases.list(place, FIRST_PAGE)).rows, model.aliasesOf(place));
          const query = { keyIds: [], tags: [], after: null, limit: 100 };
          assert.deepEqual(await store.tags.search(place, query), model.tagsOf(place));
        }
        await clear(store);
      },
    );
    await fc.assert(property, { numRuns: 40 });
  });
}

async function clear(store: Store): Promise<void> {
  for (const id of KEY_IDS) {
    const key = await store.keys.find(id);
    if (key) await store.keys.replace({ ...key, revision: key.revision + 1, deleteAt: 0 });
  }
  await store.keys.destroyDue(KEY_IDS, 0);
}

async function applied(store: Store, step: Operation): Promise<unknown> {
  switch (step.do) {
    case 'create': {
      const key = sampleKey({ keyId: step.keyId, ...step.home, createdAt: step.createdAt });
      return await failing(() => store.keys.create(key, null, step.tags, KEY_QUOTA));
    }
    case 'replace': {
      const key = (await store.keys.find(step.keyId)) ?? sampleKey({ keyId: step.keyId });
      return await store.keys.replace(changed(key, step));
    }
    case 'find':
      return await store.keys.find(step.keyId);
    case 'list':
      return await store.keys.list(step.home, step.filters, { offset: step.offset, limit: 2 });
    case 'alias': {
      const alias = sampleAlias(step.keyId, step.aliasName, step.home);
      return await failing(() => store.aliases.create(alias, ALIAS_QUOTA));
    }
    case 'findAlias':
      return await store.aliases.find(step.home, step.aliasName);
    case 'retarget':
      return await failing(() => store.aliases.retarget(step.home, step.aliasName, step.keyId));
    case 'unalias':
      return await store.aliases.delete(step.home, step.aliasName);
    case 'tag':
      return await failing(() => store.tags.set(step.keyIds, step.tags, TAG_LIMIT));
    case 'untag':
      return await store.tags.remove([step.keyId], step.tagKeys);
    case 'destroy':
      return (await store.keys.destroyDue(KEY_IDS, step.now)).map((key) => key.keyId).sort();
  }
}

const changed = (key: Key, step: Operation & { do: 'replace' }): Key => ({
  ...key,
  revision: key.revision + step.step,
  state: step.state,
  deleteAt: step.state === 'PendingDeletion' ? step.deleteAt : null,
});

async function failing(action: () => Promise<unknown>): Promise<unknown> {
  return await action().catch(() => 'failed');
}

const sameHome = (a: Home, b: Home) => a.accountId === b.accountId && a.region === b.region;

class Model {
  keys: Key[] = [];
  aliases: Alias[] = [];
  tags = new Map<string, Map<string, string>>();

  keysOf = (place: Home) =>
    this.keys
      .filter((key) => sameHome(key, place))
      .sort((a, b) => a.createdAt - b.createdAt || (a.keyId < b.keyId ? -1 : 1));

  aliasesOf = (place: Home) =>
    this.aliases
      .filter((alias) => sameHome(alias, place))
      .sort((a, b) => (a.aliasName < b.aliasName ? -1 : 1));

  tagsOf = (place: Home) =>
    this.keys
      .filter((key) => sameHome(key, place))
      .sort((a, b) => (a.keyId < b.keyId ? -1 : 1))
      .flatMap(({ keyId }) =>
        [...(this.tags.get(keyId) ?? [])].sort().map(([tagKey, tagValue]) => ({ keyId, tagKey, tagValue })),
      );

  #find = (keyId: string) => this.keys.find((key) => key.keyId === keyId);
  #alias = (place: Home, name: string) => this.aliasesOf(place).find((alias) => alias.aliasName === name);

  apply(step: Operation): unknown {
    switch (step.do) {
      case 'create':
        if (this.keysOf(step.home).length >= KEY_QUOTA) return 'quota';
        if (this.#find(step.keyId)) return 'failed';
        this.keys.push(sampleKey({ keyId: step.keyId, ...step.home, createdAt: step.createdAt }));
        this.tags.set(step.keyId, new Map(step.tags.map((each) => [each.tagKey, each.tagValue])));
        return 'created';
      case 'replace': {
        const key = this.#find(step.keyId);
        if (!key || step.step !== 1) return 'conflict';
        this.keys[this.keys.indexOf(key)] = changed(key, step);
        return 'replaced';
      }
      case 'find':
        return this.#find(step.keyId);
      case 'list': {
        const rows = this.keysOf(step.home).filter((key) =>
          step.filters.every((each) => this.#fits(key, each)),
        );
        return { total: rows.length, rows: rows.slice(step.offset, step.offset + 2) };
      }
      case 'alias':
        if (this.#alias(step.home, step.aliasName)) return 'exists';
        if (!this.#find(step.keyId)) return 'failed';
        if (this.aliasesOf(step.home).length >= ALIAS_QUOTA) return 'quota';
        this.aliases.push(sampleAlias(step.keyId, step.aliasName, step.home));
        return 'created';
      case 'findAlias':
        return this.#alias(step.home, step.aliasName);
      case 'retarget': {
        const alias = this.#alias(step.home, step.aliasName);
        if (!alias) return 'missing';
        if (!this.#find(step.keyId)) return 'failed';
        this.aliases[this.aliases.indexOf(alias)] = { ...alias, keyId: step.keyId };
        return 'retargeted';
      }
      case 'unalias': {
        const alias = this.#alias(step.home, step.aliasName);
        this.aliases = this.aliases.filter((each) => each !== alias);
        return alias ? 'deleted' : 'missing';
      }
      case 'tag': {
        if (step.tags.length === 0 || step.keyIds.length === 0) return 'set';
        if (!step.keyIds.every((id) => this.#find(id))) return 'failed';
        const next = step.keyIds.map((id) => {
          const added = step.tags.map((each) => [each.tagKey, each.tagValue] as const);
          return [id, new Map([...(this.tags.get(id) ?? []), ...added])] as const;
        });
        if (next.some(([, tags]) => tags.size > TAG_LIMIT)) return 'limit';
        for (const [id, tags] of next) this.tags.set(id, tags);
        return 'set';
      }
      case 'untag': {
        const tags = this.tags.get(step.keyId);
        for (const name of step.tagKeys === 'all' ? [...(tags ?? new Map()).keys()] : step.tagKeys) {
          tags?.delete(name);
        }
        return undefined;
      }
      case 'destroy': {
        const due = this.keys.filter((key) => key.deleteAt !== null && key.deleteAt <= step.now);
        const gone = due.map((key) => key.keyId).sort();
        this.keys = this.keys.filter((key) => !gone.includes(key.keyId));
        this.aliases = this.aliases.filter((alias) => !gone.includes(alias.keyId));
        for (const id of gone) this.tags.delete(id);
        return gone;
      }
    }
  }

  #fits(key: Key, { field, values }: KeyFilter): boolean {
    const tags = [...(this.tags.get(key.keyId) ?? [])];
    if (field === 'KeyState') return values.includes(key.state);
    if (field === 'TagKey') return tags.some(([name]) => values.includes(name));
    if (field === 'TagValue') return tags.some(([, value]) => values.includes(value));
    return this.aliasesOf(key).some((alias) => alias.keyId === key.keyId && values.includes(alias.aliasName));
  }
}
