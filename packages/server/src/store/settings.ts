import { type Database, firstOf, PARAMETER, type Steps } from './database.ts';
import type { Settings } from './store.ts';

export function sqlSettings(database: Database): Settings {
  const { query } = database;
  const valueNamed = (name: string) => query.selectFrom('settings').select('value').where('name', '=', name);
  const find = database.prepareFirst(valueNamed(PARAMETER));
  const insert = (name: string, value: Uint8Array) => query.insertInto('settings').values({ name, value });

  function* put(name: string, value: Uint8Array): Steps<void> {
    yield insert(name, value)
      .onConflict((conflict) => conflict.column('name').doUpdateSet({ value }))
      .compile();
  }

  function* putOnce(name: string, value: Uint8Array): Steps<Uint8Array> {
    yield insert(name, value)
      .onConflict((conflict) => conflict.doNothing())
      .compile();
    return (yield* firstOf(valueNamed(name)))?.value ?? value;
  }

  return {
    get: async (name) => (await find(name))?.value,
    put: (name, value) => database.change(put(name, value)),
    putOnce: (name, value) => database.change(putOnce(name, value)),
  };
}
