import type { Kysely } from 'kysely';
import { type Migration, Migrator } from 'kysely/migration';
import type { Schema } from '../schema.ts';
import { initial } from './0001-initial.ts';
import { ram } from './0002-ram.ts';
import { keyLifecycle } from './0003-key-lifecycle.ts';
import { condemned } from './0004-condemned.ts';

const MIGRATIONS: Readonly<Record<string, Migration>> = {
  '0001-initial': initial,
  '0002-ram': ram,
  '0003-key-lifecycle': keyLifecycle,
  '0004-condemned': condemned,
};

/** The migrations a newer server has applied, which this one knows nothing of. */
export async function unknownMigrations(database: Kysely<Schema>): Promise<readonly string[]> {
  const tables = await database.introspection.getTables({ withInternalKyselyTables: true });
  if (!tables.some((table) => table.name === 'kysely_migration')) return [];
  const applied = await (database as unknown as Kysely<{ kysely_migration: { name: string } }>)
    .selectFrom('kysely_migration')
    .select('name')
    .orderBy('name')
    .execute();
  return applied.map(({ name }) => name).filter((name) => !Object.hasOwn(MIGRATIONS, name));
}

/** Brings the tables up to date; whether there was anything to do. */
export async function migrate(database: Kysely<Schema>): Promise<boolean> {
  const migrator = new Migrator({ db: database, provider: { getMigrations: async () => MIGRATIONS } });
  const { error, results } = await migrator.migrateToLatest();
  if (error !== undefined) throw error;
  return results !== undefined && results.length > 0;
}
