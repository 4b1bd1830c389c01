import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';
import type { Schema } from '../schema.ts';

/** What is to be destroyed in a token, and which keys need one. */
export const condemned: Migration = {
  async up(database: Kysely<Schema>) {
    const { schema } = database;
    // The key itself may be gone.
    await schema
      .createTable('condemned')
      .addColumn('key_id', 'text', (column) => column.primaryKey().notNull())
      .addColumn('revision', 'bigint', (column) => column.notNull())
      .execute();
    await schema
      .createIndex('keys_in_hsm')
      .on('keys')
      .column('key_id')
      .where(sql.ref('protection_level'), '=', 'HSM')
      .execute();
  },
};
