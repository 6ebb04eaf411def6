/**
 * Brings a database to the newest version of its schema. Migrations are an explicit, numbered list: a name that was
 * shipped is never changed nor removed, and a later version only adds to the end.
 */
import { type Kysely, sql } from 'kysely';
import { type Migration, Migrator } from 'kysely/migration';
import { messageOf, Problem } from '../lib/problem.ts';

export type Migrations = Readonly<Record<string, Migration>>;

/** `label` names the database in problems. All that is missing is done in one transaction, or nothing is. */
export async function migrate<Schema>(
  db: Kysely<Schema>,
  migrations: Migrations,
  label: string,
): Promise<void> {
  const unknown = (await migrationsDone(db)).find((name) => !(name in migrations));
  if (unknown !== undefined) {
    throw new Problem(
      `${label}: belongs to a newer version of Geganti (it has ${unknown}); start that version, or restore a backup`,
    );
  }
  const migrator = new Migrator({ db, provider: { getMigrations: async () => ({ ...migrations }) } });
  const { error } = await migrator.migrateToLatest();
  if (error !== undefined) throw new Problem(`${label}: cannot be brought up to date: ${messageOf(error)}`);
}

async function migrationsDone<Schema>(db: Kysely<Schema>): Promise<string[]> {
  const tables = await db.introspection.getTables({ withInternalKyselyTables: true });
  if (!tables.some(({ name }) => name === 'kysely_migration')) return [];
  const done = await sql<{ name: string }>`select name from kysely_migration order by name`.execute(db);
  return done.rows.map(({ name }) => name);
}
