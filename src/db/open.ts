/**
 * Opens the databases: SQLite files. The folders above see Kysely, and SQL that PostgreSQL understands, too.
 *
 * Folder and file are made with their final rights before anything is in them. SQLite gives its `-wal` and `-shm`
 * files the rights of the database file, so that whoever may read the one may read them all.
 */
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { Kysely } from 'kysely';
import { errorCode, messageOf, Problem } from '../lib/problem.ts';
import { directoryMigrations } from './directory-migrations.ts';
import { type Migrations, migrate } from './migrate.ts';
import { sqliteDialect } from './sqlite.ts';

export type Database<Schema> = Kysely<Schema>;

export interface OpenOptions {
  /** Absolute path of the SQLite file. */
  readonly file: string;
}

/** Agencies, domains, users: open, at the newest version. Throws a Problem when it cannot be. */
export function openDirectoryDatabase<Schema>(options: OpenOptions): Promise<Database<Schema>> {
  return openSqlite(options, directoryMigrations);
}

/** Exported for the tests of opening; others name their database. */
export async function openSqlite<Schema>(
  options: OpenOptions,
  migrations: Migrations,
): Promise<Database<Schema>> {
  const { file } = options;
  let db: Database<Schema>;
  try {
    prepareFile(file);
    db = new Kysely<Schema>({ dialect: sqliteDialect(file) });
  } catch (error) {
    throw new Problem(`${file}: cannot be opened as a database: ${reasonOf(error)}`);
  }
  try {
    await migrate(db, migrations, file);
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

function reasonOf(error: unknown): string {
  return REASONS[errorCode(error) ?? ''] ?? messageOf(error);
}
