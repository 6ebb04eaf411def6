/**
 * PostgreSQL for Kysely, over a small pool of connections. The only importer of `pg`.
 *
 * A database that is away fails each question within seconds (the callers answer 451) and is found again by itself: a
 * connection whose state is not known is thrown away, and the next question opens another. Numbers come as numbers,
 * as from SQLite. The URL may hold a password: people are shown `describeUrl` of it, and nothing else.
 */
import { type Dialect, PostgresDialect, type PostgresPool, type PostgresPoolClient } from 'kysely';
import { type ClientBase, DatabaseError, Pool, types } from 'pg';
import { Away, errorCode, messageOf } from '../lib/problem.ts';

export interface PostgresqlOptions {
  readonly url: string;
  readonly connections: number;
  /** The server gives a statement up after so long; null: never. */
  readonly statementMs: number | null;
}

/** To connect, and to wait for a connection while all are in use. */
const CONNECT_MS = 3000;
/** A server that does not even say that it gave up is not there. */
const GRACE_MS = 1000;
/** Connecting costs some milliseconds; a connection that rests longer is closed. */
const IDLE_MS = 60_000;

/** Connects at the first query. */
export function postgresqlDialect({ url, connections, statementMs }: PostgresqlOptions): Dialect {
  const pool = new Pool({
    connectionString: url,
    max: connections,
    connectionTimeoutMillis: CONNECT_MS,
    idleTimeoutMillis: IDLE_MS,
    keepAlive: true,
    application_name: 'geganti',
    types: { getTypeParser: parserOf },
    ...(statementMs !== null && {
      statement_timeout: statementMs,
      idle_in_transaction_session_timeout: statementMs,
      query_timeout: statementMs + GRACE_MS,
    }),
  });
  // Without these a connection that breaks, in use or at rest, would end the process. The query in use fails anyway.
  pool.on('error', ignore);
  pool.on('connect', (client: ClientBase) => void client.on('error', ignore));
  return new PostgresDialect({ pool: guarded(pool) });
}

/** "postgresql://geganti@db.moh.example:5433/geganti": neither password nor options. */
export function describeUrl(url: string): string {
  const { username, host, pathname } = new URL(url);
  return `postgresql://${username === '' ? '' : `${username}@`}${host}${pathname}`;
}

/** Why the database cannot be used, and what helps, in words for people. */
export function reasonOf(error: unknown): string {
  const code = errorCode(error) ?? '';
  return REASONS[code] ?? (messageOf(error) || code);
}

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nobody listens there; start PostgreSQL, or correct host and port',
  ENOENT: 'nobody listens there; start PostgreSQL, or correct the folder of its socket',
  ENOTFOUND: 'there is no such host; correct it',
  // SQLSTATE, PostgreSQL's appendix A.
  '28P01': 'the password is wrong; correct it',
  '28000': 'the server does not let this user in; look into its pg_hba.conf',
  '3D000': 'there is no such database; create it',
  '42501': 'permission denied; make the user the owner of the database',
  '53300': 'the server has no connection left; raise its max_connections',
  '57P03': 'the server is starting or stopping; try again',
};

/** Whether it may be otherwise in a moment, without anybody changing the settings. */
function isAway(error: unknown): boolean {
  // SQLSTATE: no connection, no resources, an operator stops it (without a statement that took too long).
  if (error instanceof DatabaseError) return /^(?:08|53|57P)/.test(error.code ?? '');
  const code = errorCode(error);
  return code === null ? /timeout|terminated/i.test(messageOf(error)) : code !== 'ENOTFOUND';
}

function ignore(): void {}

/**
 * After an error that is not the server's word, a reply may still be under way: the connection is not used again, not
 * even for the rollback, and does not go back into the pool.
 */
function guarded(pool: Pool): PostgresPool {
  return {
    options: pool.options,
    end: () => pool.end(),
    async connect() {
      const client = await pool.connect().catch((error: unknown) => {
        throw isAway(error) ? new Away(`the database is away: ${reasonOf(error)}`, { cause: error }) : error;
      });
      let lost: Away | null = null;
      const query = async (text: string, parameters: readonly unknown[]): Promise<unknown> => {
        if (lost) throw lost;
        try {
          return await client.query(text, [...parameters]);
        } catch (error) {
          if (error instanceof DatabaseError && !isAway(error)) throw error;
          lost = new Away(`the connection to the database is lost: ${messageOf(error)}`, { cause: error });
          throw lost;
        }
      };
      // Kysely's type has a second form of `query`, for cursors, which only a dialect with cursors uses.
      return {
        query: query as PostgresPoolClient['query'],
        release: (destroy = false) => client.release(destroy || lost !== null),
      };
    },
  };
}

/** int8 and numeric (what sums and averages are): text by default, since not all fit. */
function parserOf(type: number, format?: 'text' | 'binary'): (text: string) => unknown {
  if (type === types.builtins.INT8 || type === types.builtins.NUMERIC) return numberOf;
  return types.getTypeParser(type, format ?? 'text');
}

function numberOf(text: string): number {
  const value = Number(text);
  if (Math.abs(value) > Number.MAX_SAFE_INTEGER) throw new RangeError(`${text} is too large a number`);
  return value;
}
