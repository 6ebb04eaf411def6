/**
 * Opens the databases, SQLite files or PostgreSQL, at the newest version of their schema. The folders above see Kysely,
 * and write SQL that both understand.
 *
 * Several processes open the same database and may start at once. Of a SQLite file, folder and file are made with
 * their final rights before anything is in them; SQLite gives its `-wal` and `-shm` files the rights of the database
 * file, so that whoever may read the one may read them all.
 */
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { Kysely } from 'kysely';
import type { DatabasePlace } from '../config/settings.ts';
import { systemClock } from '../lib/clock.ts';
import { Away, errorCode, messageOf, Problem } from '../lib/problem.ts';
import { directoryMigrations } from './directory-migrations.ts';
import { type Migrations, migrate } from './migrate.ts';
import * as postgresql from './postgresql.ts';
import { isBusy, sqliteDialect } from './sqlite.ts';
import { traceMigrations } from './trace-migrations.ts';

export type Database<Schema> = Kysely<Schema>;

/** What a database is for. */
export interface DatabaseKind {
  /** Of the settings, for problems. */
  readonly key: string;
  readonly migrations: Migrations;
  readonly migrationTable: string;
  /** On PostgreSQL: connections of a process, and how long a statement may take. */
  readonly connections: number;
  /** On SQLite: whether each change is synced, so that power loss cannot take back what was reported as done. */
  readonly synced: boolean;
  readonly statementMs: number;
}

const DIRECTORY: DatabaseKind = {
  key: 'database.directory',
  migrations: directoryMigrations,
  migrationTable: 'kysely_migration',
  connections: 4,
  synced: true,
  // A session of a mail client waits for the answer.
  statementMs: 5000,
};

const TRACE: DatabaseKind = {
  key: 'database.trace',
  migrations: traceMigrations,
  migrationTable: 'trace_migration',
  connections: 4,
  // What power loss takes is made again from the lines: rows and the place in the lines go together.
  synced: false,
  // A search for a text reads all that is kept.
  statementMs: 60_000,
};

/** Agencies, domains, users, tokens. Throws a Problem when it cannot be opened: an `Away` when it may be later. */
export function openDirectoryDatabase<Schema>(place: DatabasePlace): Promise<Database<Schema>> {
  return openDatabase(place, DIRECTORY);
}

/** The entries of the delivery log. Throws a Problem when it cannot be opened. */
export function openTraceDatabase<Schema>(place: DatabasePlace): Promise<Database<Schema>> {
  return openDatabase(place, TRACE);
}

/** Exported for the tests of opening; others name their database. */
export function openDatabase<Schema>(place: DatabasePlace, kind: DatabaseKind): Promise<Database<Schema>> {
  return place.kind === 'sqlite' ? openSqlite(place.file, kind) : openPostgresql(place.url, kind);
}

/** Another process may be at the schema, which takes the longer the more there is to change. */
const LOCKED_MS = 30_000;
const LOCKED_PAUSE_MS = 50;

async function openSqlite<Schema>(file: string, kind: DatabaseKind): Promise<Database<Schema>> {
  const end = systemClock.elapsedMs() + LOCKED_MS;
  for (;;) {
    try {
      return await openSqliteOnce(file, kind);
    } catch (error) {
      const cause = error instanceof Problem ? error.cause : error;
      if (!isBusy(cause) || systemClock.elapsedMs() > end) throw error;
      await systemClock.sleep(LOCKED_PAUSE_MS);
    }
  }
}

async function openSqliteOnce<Schema>(file: string, kind: DatabaseKind): Promise<Database<Schema>> {
  let db: Database<Schema>;
  try {
    prepareFile(file);
    db = new Kysely<Schema>({ dialect: sqliteDialect(file, kind.synced) });
  } catch (error) {
    throw new Problem(`${file}: cannot be opened as a database: ${fileReasonOf(error)}`, { cause: error });
  }
  try {
    await migrate(db, { ...kind, table: kind.migrationTable, label: file });
    return db;
  } catch (error) {
    await db.destroy();
    throw error;
  }
}

/** A folder or file that exists keeps owner and rights: Dovecot's worker shares them, and WAL makes it write. */
function prepareFile(file: string): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o750 });
  closeSync(openSync(file, 'a', 0o600));
}

const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'permission denied; check the rights of file and folder',
  EISDIR: 'it is a folder',
  ENOSPC: 'the disk is full',
  ENOTDIR: 'a part of its path is not a folder',
  EROFS: 'the file system is read-only',
};

function fileReasonOf(error: unknown): string {
  return REASONS[errorCode(error) ?? ''] ?? messageOf(error);
}

async function openPostgresql<Schema>(url: string, kind: DatabaseKind): Promise<Database<Schema>> {
  const { key, connections, statementMs } = kind;
  const label = `${key}: ${postgresql.describeUrl(url)}`;
  // The user that runs us, which would be taken, is another one for Dovecot.
  if (new URL(url).username === '') {
    throw new Problem(`${label}: names no user; write it like "postgresql://geganti@db.moh.example/geganti"`);
  }
  // Of its own: a change of the schema, and the wait for another process that makes it, may take long.
  const dialect = postgresql.postgresqlDialect({ url, connections: 1, statementMs: null });
  const migrating = new Kysely<Schema>({ dialect });
  try {
    await migrate(migrating, { ...kind, table: kind.migrationTable, label });
  } catch (error) {
    if (error instanceof Away) {
      throw new Away(`${label}: cannot be used: ${postgresql.reasonOf(error.cause)}`);
    }
    if (error instanceof Problem) throw error;
    throw new Problem(`${label}: cannot be used: ${postgresql.reasonOf(error)}`);
  } finally {
    await migrating.destroy();
  }
  return new Kysely<Schema>({ dialect: postgresql.postgresqlDialect({ url, connections, statementMs }) });
}
