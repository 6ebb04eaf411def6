/**
 * The schema of the directory, step by step. Portable between SQLite and PostgreSQL: text, integer and bigint
 * only; moments are milliseconds since 1970, yes and no are 1 and 0. Row types: `directory/schema.ts`.
 */
import { type Kysely, sql } from 'kysely';
import type { Migrations } from './migrate.ts';

export const directoryMigrations: Migrations = {
  '0001_agencies_and_users': { up: agenciesAndUsers },
  '0002_administrators_and_tokens': { up: administratorsAndTokens },
};

async function agenciesAndUsers(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('agencies')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('code', 'text', (column) => column.notNull().unique())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('grade_scheme', 'text', (column) => column.notNull())
    .addColumn('quota_bytes', 'bigint')
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .execute();

  await db.schema
    .createTable('domains')
    .addColumn('domain', 'text', (column) => column.primaryKey())
    .addColumn('agency_id', 'text', (column) => column.notNull().references('agencies.id'))
    .addColumn('position', 'integer', (column) => column.notNull())
    .execute();
  await db.schema.createIndex('domains_by_agency').on('domains').column('agency_id').execute();

  await db.schema
    .createTable('users')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('agency_id', 'text', (column) => column.notNull().references('agencies.id'))
    .addColumn('address', 'text', (column) => column.notNull().unique())
    .addColumn('name', 'text', (column) => column.notNull())
    .addColumn('grade', 'text', (column) => column.notNull())
    .addColumn('quota_bytes', 'bigint')
    .addColumn('effective_quota_bytes', 'bigint', (column) => column.notNull())
    .addColumn('password_hash', 'text', (column) => column.notNull())
    .addColumn('active', 'integer', (column) => column.notNull())
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .execute();
  await db.schema.createIndex('users_by_agency').on('users').column('agency_id').execute();

  // What Dovecot reads: its passdb and userdb know these names and nothing else of ours.
  await sql`
    create view dovecot_users as
    select address, id as user_id, '{ARGON2ID}' || password_hash as password,
           effective_quota_bytes as quota_bytes, active
      from users`.execute(db);
}

async function administratorsAndTokens(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .alterTable('users')
    .addColumn('administrator', 'integer', (column) => column.notNull().defaultTo(0))
    .execute();

  await db.schema
    .createTable('tokens')
    .addColumn('name', 'text', (column) => column.primaryKey())
    .addColumn('access_right', 'text', (column) => column.notNull())
    .addColumn('secret_hash', 'text', (column) => column.notNull().unique())
    .addColumn('expires_at', 'bigint')
    .addColumn('created_at', 'bigint', (column) => column.notNull())
    .execute();
}
