/**
 * SQLite for Kysely: an adapter from `node:sqlite` to the statement shape that Kysely's dialect expects. Calls block
 * the thread, so queries have to be short; the one connection is handed out in turns by Kysely.
 *
 * WAL: readers (our own in other processes, Dovecot) and the one that writes do not wait for each other.
 * Synced (`synchronous = FULL`), what a change reported as done survives power loss; else (NORMAL) power loss takes the last
 * changes, whole ones, and never harms the file. Schema changes and their record are one transaction.
 */
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import {
  CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  SqliteAdapter,
  SqliteDialect,
  type SqliteDialectConfig,
  SqliteDriver,
  type SqliteStatement,
  type TransactionSettings,
} from 'kysely';

/** For a writer in another process, whose transactions are short; the thread stands still meanwhile. */
const BUSY_TIMEOUT_MS = 2000;
const MAX_CACHED_STATEMENTS = 200;

/** Opens the file, which it makes when there is none. Throws what SQLite throws. */
export function sqliteDialect(file: string, synced: boolean): Dialect {
  const database = new DatabaseSync(file, { timeout: BUSY_TIMEOUT_MS, enableForeignKeyConstraints: true });
  try {
    database.exec(`pragma journal_mode = wal; pragma synchronous = ${synced ? 'full' : 'normal'}`);
  } catch (error) {
    database.close();
    throw error;
  }
  const prepare = cachingPrepare(database);
  return new TransactionalSqliteDialect({ database: { prepare, close: () => closeOnce(database) } });
}

/** Somebody else has the file to themselves at this moment (SQLITE_BUSY, in any of its forms). */
export function isBusy(error: unknown): boolean {
  const code: unknown = error instanceof Error ? Reflect.get(error, 'errcode') : null;
  return typeof code === 'number' && (code & 0xff) === SQLITE_BUSY;
}

const SQLITE_BUSY = 5;

class TransactionalSqliteDialect extends SqliteDialect {
  readonly #config: SqliteDialectConfig;

  constructor(config: SqliteDialectConfig) {
    super(config);
    this.#config = config;
  }

  override createDriver(): Driver {
    return new WriterFirstDriver(this.#config);
  }

  override createAdapter(): SqliteAdapter {
    return new TransactionalSqliteAdapter();
  }
}

/**
 * A transaction that begins as a reader and then writes fails at once when another process wrote in between, without
 * waiting. So each begins as a writer, unless it says that it only reads.
 */
class WriterFirstDriver extends SqliteDriver {
  override async beginTransaction(connection: DatabaseConnection, settings?: TransactionSettings) {
    const begin = settings?.accessMode === 'read only' ? 'begin' : 'begin immediate';
    await connection.executeQuery(CompiledQuery.raw(begin));
  }
}

/** SQLite's schema changes take part in transactions; Kysely leaves that off for the sake of pragmas in migrations. */
class TransactionalSqliteAdapter extends SqliteAdapter {
  override get supportsTransactionalDdl(): boolean {
    return true;
  }
}

/** Preparing costs more than the queries of the hot path; the texts are few, since values are parameters. */
function cachingPrepare(database: DatabaseSync): (sql: string) => SqliteStatement {
  const cache = new Map<string, SqliteStatement>();
  return (sql) => {
    const known = cache.get(sql);
    if (known) return known;
    const statement = adapt(database.prepare(sql));
    if (cache.size >= MAX_CACHED_STATEMENTS) cache.clear();
    cache.set(sql, statement);
    return statement;
  };
}

function adapt(statement: StatementSync): SqliteStatement {
  return {
    reader: statement.columns().length > 0,
    all: (parameters) => statement.all(...parameters.map(checked)),
    run: (parameters) => statement.run(...parameters.map(checked)),
    iterate: (parameters) => statement.iterate(...parameters.map(checked)),
  };
}

function checked(value: unknown): SQLInputValue {
  if (value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint') {
    return value;
  }
  if (value instanceof Uint8Array) return value;
  throw new TypeError(`SQLite has no type for ${typeof value}`);
}

function closeOnce(database: DatabaseSync): void {
  if (database.isOpen) database.close();
}
