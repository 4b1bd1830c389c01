import type { ColumnDefinitionBuilder, Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';
import type { Schema } from '../schema.ts';

const required = (column: ColumnDefinitionBuilder) => column.notNull();
const ofAccount = (column: ColumnDefinitionBuilder) => column.notNull().references('accounts.account_id');

export const ram: Migration = {
  async up(database: Kysely<Schema>) {
    const { schema } = database;

    await schema
      .createTable('ram_heads')
      .addColumn('account_id', 'text', (column) => ofAccount(column).primaryKey())
      .addColumn('revision', 'bigint', required)
      .addColumn('mac', 'blob', required)
      .execute();

    await schema
      .createTable('ram_rows')
      .addColumn('account_id', 'text', ofAccount)
      .addColumn('kind', 'text', required)
      .addColumn('id', 'text', required)
      .addColumn('value', 'text', required)
      .addPrimaryKeyConstraint('ram_rows_pk', ['account_id', 'kind', 'id'])
      .execute();

    await schema
      .createIndex('access_keys_of_account')
      .on('access_keys')
      .columns(['account_id', 'created_at', 'access_key_id'])
      .execute();

    await schema
      .createTable('access_key_uses')
      .addColumn('access_key_id', 'text', (column) =>
        column.primaryKey().notNull().references('access_keys.access_key_id').onDelete('cascade'),
      )
      .addColumn('last_used_at', 'bigint', required)
      .execute();
  },
};
