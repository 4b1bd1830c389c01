import { type Store, StoreUnavailable } from '@keyhold/server/store/store.ts';

/** Whole numbers below the bound, the same in every run. */
export function randomFrom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/**
 * A store that fails after so many calls, half of the time when the last one has taken effect already, and for ever
 * afterwards: what a crash of the server looks like to its database.
 */
export function dying(store: Store, calls: number): Store {
  let left = calls;
  const gone = () => new StoreUnavailable('the server has crashed');
  const mortal = <A extends unknown[], T>(method: (...args: A) => Promise<T>) => {
    return async (...args: A): Promise<T> => {
      left--;
      if (left < 0) throw gone();
      const result = left > 0 || calls % 2 === 0 ? await method(...args) : undefined;
      if (left === 0) throw gone();
      return result as T; // set: this was not the last call
    };
  };
  const { keys, leases } = store;
  return {
    ...store,
    keys: {
      ...keys,
      replaceWithVersion: mortal(keys.replaceWithVersion),
      listDue: mortal(keys.listDue),
    },
    leases: { take: mortal(leases.take), release: mortal(leases.release) },
  };
}
