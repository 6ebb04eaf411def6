/**
 * Brings a database to the newest version of its schema. Migrations are an explicit, numbered list: a name that was
 * shipped is never changed nor removed, and a later version only adds to the end.
 */
import { type Kysely, sql } from 'kysely';
import { type Migration, Migrator } from 'kysely/migration';
import { Away, messageOf, Problem } from '../lib/problem.ts';

export type Migrations = Readonly<Record<string, Migration>>;

export interface MigrateOptions {
  readonly migrations: Migrations;
  /** Of the record of what was done: two schemas may share a PostgreSQL database. */
  readonly table: string;
  /** Names the database in problems. */
  readonly label: string;
}

/**
 * All that is missing is done in one transaction, or nothing is. Several processes may come at once: one does the work,
 * the others wait. Throws a Problem, or what the database threw when it could not be asked.
 */
export async function migrate<Schema>(db: Kysely<Schema>, options: MigrateOptions): Promise<void> {
  const { migrations, table, label } = options;
  const unknown = (await migrationsDone(db, table)).find((name) => !(name in migrations));
  if (unknown !== undefined) {
    throw new Problem(
      `${label}: belongs to a newer version of Geganti (it has ${unknown}); start that version, or restore a backup`,
    );
  }
  const migrator = new Migrator({
    db,
    provider: { getMigrations: async () => ({ ...migrations }) },
    migrationTableName: table,
    migrationLockTableName: `${table}_lock`,
  });
  const { error } = await migrator.migrateToLatest();
  if (error === undefined) return;
  if (error instanceof Away) throw error;
  throw new Problem(`${label}: cannot be brought up to date: ${messageOf(error)}`, { cause: error });
}

async function migrationsDone<Schema>(db: Kysely<Schema>, table: string): Promise<string[]> {
  const tables = await db.introspection.getTables({ withInternalKyselyTables: true });
  if (!tables.some(({ name }) => name === table)) return [];
  const done = await sql<{ name: string }>`select name from ${sql.table(table)} order by name`.execute(db);
  return done.rows.map(({ name }) => name);
}
