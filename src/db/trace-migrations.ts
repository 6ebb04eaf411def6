/**
 * The schema of the delivery log's rows, step by step. Portable between SQLite and PostgreSQL: text, integer and bigint
 * only; moments are milliseconds since 1970. Row types: `trace/schema.ts`.
 *
 * A list is always newest first, so each index ends in the moment: one read of one index gives a page in its order.
 */
import { type Kysely, SqliteAdapter, sql } from 'kysely';
import type { Migrations } from './migrate.ts';

export const traceMigrations: Migrations = {
  '0001_entries_and_events': { up: entriesAndEvents },
  '0002_reasons_of_entries': { up: reasonsOfEntries },
};

async function reasonsOfEntries(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('entries').addColumn('reasons', 'text').execute();
}

async function entriesAndEvents(db: Kysely<unknown>): Promise<void> {
  await createEntries(db);
  await createEntryIndexes(db);

  await db.schema
    .createTable('events')
    .addColumn('event', 'text', (column) => column.primaryKey())
    .addColumn('message', 'text')
    .addColumn('at', 'bigint', (column) => column.notNull())
    .addColumn('body', 'text', (column) => column.notNull())
    .execute();
  await db.schema.createIndex('events_by_message').on('events').column('message').execute();
  await db.schema.createIndex('events_by_time').on('events').column('at').execute();

  await db.schema
    .createTable('files')
    .addColumn('name', 'text', (column) => column.primaryKey())
    .addColumn('position', 'bigint', (column) => column.notNull())
    .execute();
}

async function createEntries(db: Kysely<unknown>): Promise<void> {
  // With this very type it is SQLite's own row number and costs no index.
  const number = db.getExecutor().adapter instanceof SqliteAdapter ? 'integer' : 'bigint';
  await db.schema
    .createTable('entries')
    .addColumn('number', number, (column) => column.primaryKey())
    .addColumn('message', 'text')
    .addColumn('at', 'bigint', (column) => column.notNull())
    .addColumn('door', 'text')
    .addColumn('client', 'text')
    .addColumn('login', 'text')
    .addColumn('sender', 'text')
    .addColumn('sender_written', 'text')
    .addColumn('sender_domain', 'text')
    .addColumn('sender_agency', 'text')
    .addColumn('recipient', 'text')
    .addColumn('recipient_written', 'text')
    .addColumn('recipient_domain', 'text')
    .addColumn('recipient_agency', 'text')
    .addColumn('message_id', 'text')
    .addColumn('size_bytes', 'bigint')
    .addColumn('parent', 'text')
    .addColumn('outcome', 'text', (column) => column.notNull())
    .addColumn('reason', 'text')
    .addColumn('reply', 'text')
    .addColumn('attempts', 'integer', (column) => column.notNull())
    .addColumn('next_try_at', 'bigint')
    .addColumn('updated_at', 'bigint', (column) => column.notNull())
    .execute();
}

const SEARCHED = [
  'message',
  'sender',
  'sender_domain',
  'sender_agency',
  'recipient',
  'recipient_domain',
  'recipient_agency',
  'message_id',
  'client',
  'parent',
];

/** Exported for the bench, which fills the table first. */
async function createEntryIndexes(db: Kysely<unknown>): Promise<void> {
  await db.schema.createIndex('entries_by_time').on('entries').column('at').execute();
  await db.schema.createIndex('entries_by_outcome').on('entries').columns(['outcome', 'at']).execute();
  for (const column of SEARCHED) {
    await db.schema
      .createIndex(`entries_by_${column}`)
      .on('entries')
      .columns([column, 'at'])
      // Nobody searches for what is not known.
      .where(sql.ref(column), 'is not', null)
      .execute();
  }
}
