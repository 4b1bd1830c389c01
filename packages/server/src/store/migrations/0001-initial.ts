import type { ColumnDefinitionBuilder, Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';
import type { Schema } from '../schema.ts';

const required = (column: ColumnDefinitionBuilder) => column.notNull();
const primary = (column: ColumnDefinitionBuilder) => column.primaryKey().notNull();
const ofKey = (column: ColumnDefinitionBuilder) =>
  column.notNull().references('keys.key_id').onDelete('cascade');

export const initial: Migration = {
  async up(database: Kysely<Schema>) {
    const { schema } = database;
    // The one type the databases name differently: bytea in PostgreSQL.
    const bytes = 'blob';

    await schema
      .createTable('settings')
      .addColumn('name', 'text', primary)
      .addColumn('value', bytes, required)
      .execute();

    await schema
      .createTable('accounts')
      .addColumn('account_id', 'text', primary)
      .addColumn('name', 'text', required)
      .addColumn('created_at', 'bigint', required)
      .execute();

    await schema
      .createTable('access_keys')
      .addColumn('access_key_id', 'text', primary)
      .addColumn('account_id', 'text', (column) => column.notNull().references('accounts.account_id'))
      .addColumn('owner', 'text', required)
      .addColumn('status', 'text', required)
      .addColumn('created_at', 'bigint', required)
      .addColumn('wrapped_secret', bytes, required)
      .addColumn('mac', bytes, required)
      .execute();

    await schema
      .createTable('homes')
      .addColumn('account_id', 'text', required)
      .addColumn('region', 'text', required)
      .addColumn('key_count', 'bigint', required)
      .addColumn('alias_count', 'bigint', required)
      .addPrimaryKeyConstraint('homes_pk', ['account_id', 'region'])
      .execute();

    await schema
      .createTable('keys')
      .addColumn('key_id', 'text', primary)
      .addColumn('account_id', 'text', required)
      .addColumn('region', 'text', required)
      .addColumn('revision', 'bigint', required)
      .addColumn('state', 'text', required)
      .addColumn('description', 'text', required)
      .addColumn('key_spec', 'text', required)
      .addColumn('key_usage', 'text', required)
      .addColumn('origin', 'text', required)
      .addColumn('protection_level', 'text', required)
      .addColumn('creator', 'text', required)
      .addColumn('created_at', 'bigint', required)
      .addColumn('delete_at', 'bigint')
      .addColumn('material_expires_at', 'bigint')
      .addColumn('primary_version_id', 'text')
      .addColumn('last_rotation_at', 'bigint')
      .addColumn('deletion_protection', 'integer', required)
      .addColumn('deletion_protection_description', 'text', required)
      .execute();
    await schema
      .createIndex('keys_by_age')
      .on('keys')
      .columns(['account_id', 'region', 'created_at', 'key_id'])
      .execute();
    await schema
      .createIndex('keys_to_delete')
      .on('keys')
      .columns(['delete_at', 'key_id'])
      .where('delete_at', 'is not', null)
      .execute();

    await schema
      .createTable('key_versions')
      .addColumn('key_id', 'text', ofKey)
      .addColumn('key_version_id', 'text', required)
      .addColumn('created_at', 'bigint', required)
      .addColumn('wrapped_material', bytes, required)
      .addPrimaryKeyConstraint('key_versions_pk', ['key_id', 'key_version_id'])
      .execute();

    await schema
      .createTable('aliases')
      .addColumn('account_id', 'text', required)
      .addColumn('region', 'text', required)
      .addColumn('alias_name', 'text', required)
      .addColumn('key_id', 'text', ofKey)
      .addColumn('created_at', 'bigint', required)
      .addPrimaryKeyConstraint('aliases_pk', ['account_id', 'region', 'alias_name'])
      .execute();
    await schema.createIndex('aliases_of_key').on('aliases').columns(['key_id', 'alias_name']).execute();

    await schema
      .createTable('tags')
      .addColumn('key_id', 'text', ofKey)
      .addColumn('tag_key', 'text', required)
      .addColumn('tag_value', 'text', required)
      .addPrimaryKeyConstraint('tags_pk', ['key_id', 'tag_key'])
      .execute();
    await schema.createIndex('tags_by_key').on('tags').columns(['tag_key', 'tag_value', 'key_id']).execute();
    await schema.createIndex('tags_by_value').on('tags').columns(['tag_value', 'key_id']).execute();
  },
};
