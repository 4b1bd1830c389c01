import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';
import type { Schema } from '../schema.ts';

/** Rotation, imported material, when versions were used, and who runs the jobs. */
export const keyLifecycle: Migration = {
  async up(database: Kysely<Schema>) {
    const { schema } = database;
    await schema.alterTable('keys').addColumn('rotation_interval', 'bigint').execute();
    await schema.alterTable('keys').addColumn('next_rotation_at', 'bigint').execute();
    await schema
      .createIndex('keys_to_rotate')
      .on('keys')
      .columns(['state', 'next_rotation_at', 'key_id'])
      .where(sql.ref('next_rotation_at'), 'is not', null)
      .execute();
    await schema
      .createIndex('keys_rotated_last')
      .on('keys')
      .columns(['state', 'last_rotation_at', 'key_id'])
      .where(sql.ref('next_rotation_at'), 'is not', null)
      .execute();
    await schema
      .createIndex('keys_to_erase')
      .on('keys')
      .columns(['material_expires_at', 'key_id'])
      .where('material_expires_at', 'is not', null)
      .execute();

    await schema.alterTable('key_versions').addColumn('fingerprint', 'blob').execute();
    await schema.alterTable('key_versions').addColumn('last_used_at', 'bigint').execute();

    await schema
      .alterTable('homes')
      .addColumn('version_count', 'bigint', (column) => column.notNull().defaultTo(0))
      .execute();
    await sql`update homes set version_count = (
      select count(*) from key_versions join keys on keys.key_id = key_versions.key_id
      where keys.account_id = homes.account_id and keys.region = homes.region)`.execute(database);

    await schema
      .createTable('leases')
      .addColumn('name', 'text', (column) => column.primaryKey().notNull())
      .addColumn('holder', 'text', (column) => column.notNull())
      .addColumn('until', 'bigint', (column) => column.notNull())
      .execute();
  },
};
