/**
 * A transaction that no other one of these overlaps, in whichever process: what it reads still holds when it writes.
 * SQLite's transactions are so by nature (`db/sqlite.ts` begins them as writers); PostgreSQL's take a lock, which ends
 * with the transaction. Readers do not wait.
 */
import { type Kysely, PostgresAdapter, sql, type Transaction } from 'kysely';

/** Any number, the same for all of us; a database has its own locks. */
const LOCK = 4_702_026;

export function exclusively<Schema, Result>(
  db: Kysely<Schema>,
  work: (db: Transaction<Schema>) => Promise<Result>,
): Promise<Result> {
  return db.transaction().execute(async (transaction) => {
    if (db.getExecutor().adapter instanceof PostgresAdapter) {
      await sql`select pg_advisory_xact_lock(${sql.lit(LOCK)})`.execute(transaction);
    }
    return await work(transaction);
  });
}
