import { mkdir, stat, writeFile } from 'node:fs/promises';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { kindOf, openAtOnce, problemOf } from '../../test/support/databases.ts';
import { tempFolder } from '../../test/support/temp-folder.ts';
import type { DatabasePlace } from '../config/settings.ts';
import type { Migrations } from './migrate.ts';
import { type Database, openDatabase, openDirectoryDatabase, openTraceDatabase } from './open.ts';

const first: Migrations = {
  '0001_a': { up: (db) => db.schema.createTable('a').addColumn('x', 'text').execute() },
};

function at(file: string): DatabasePlace {
  return { kind: 'sqlite', file };
}

function openSqlite<Schema>({ file }: { file: string }, migrations: Migrations): Promise<Database<Schema>> {
  return openDatabase(at(file), kindOf(migrations));
}

test('folder and file are made with narrow rights, and the journal has those of the file', async () => {
  await using folder = await tempFolder();
  const file = `${folder.path}/db/directory.sqlite`;
  const db = await openDirectoryDatabase(at(file));
  const modes = await Promise.all(
    [`${folder.path}/db`, file, `${file}-wal`, `${file}-shm`].map((path) => stat(path)),
  );
  expect(modes.map(({ mode }) => (mode & 0o777).toString(8))).toEqual(['750', '600', '600', '600']);
  await db.destroy();
});

test('a file that is there keeps its rights', async () => {
  await using folder = await tempFolder();
  const file = `${folder.path}/directory.sqlite`;
  await writeFile(file, '', { mode: 0o640 });
  const db = await openDirectoryDatabase(at(file));
  expect([(await stat(file)).mode & 0o777, (await stat(`${file}-wal`)).mode & 0o777]).toEqual([0o640, 0o640]);
  await db.destroy();
});

test('opening again keeps what is there', async () => {
  await using folder = await tempFolder();
  const file = `${folder.path}/a.sqlite`;
  const db = await openSqlite<{ a: { x: string } }>({ file }, first);
  await db.insertInto('a').values({ x: 'kept' }).execute();
  await db.destroy();
  const again = await openSqlite<{ a: { x: string } }>({ file }, first);
  expect(await again.selectFrom('a').selectAll().execute()).toEqual([{ x: 'kept' }]);
  await again.destroy();
});

test('foreign keys hold, the journal is WAL and a commit is synced', async () => {
  await using folder = await tempFolder();
  const db = await openDirectoryDatabase(at(`${folder.path}/a.sqlite`));
  const pragma = async (name: string): Promise<unknown> =>
    Object.values(Object((await sql.raw(`pragma ${name}`).execute(db)).rows[0]))[0];
  expect([await pragma('foreign_keys'), await pragma('journal_mode'), await pragma('synchronous')]).toEqual([
    1,
    'wal',
    2,
  ]);
  await db.destroy();
});

test('a migration that fails leaves nothing behind', async () => {
  await using folder = await tempFolder();
  const file = `${folder.path}/a.sqlite`;
  const failing: Migrations = {
    '0001_a': {
      up: async (db) => {
        await db.schema.createTable('half').addColumn('x', 'text').execute();
        throw new Error('power cut');
      },
    },
  };
  expect(await problemOf(openSqlite({ file }, failing))).toBe(
    `${file}: cannot be brought up to date: power cut`,
  );
  const db = await openSqlite({ file }, first);
  const names = (await db.introspection.getTables()).map(({ name }) => name);
  expect(names.filter((name) => !name.startsWith('test_migration'))).toEqual(['a']);
  await db.destroy();
});

test('a database of a newer version is refused and not touched', async () => {
  await using folder = await tempFolder();
  const file = `${folder.path}/a.sqlite`;
  const withB: Migrations = {
    ...first,
    '0002_b': { up: (db) => db.schema.createTable('b').addColumn('x', 'text').execute() },
  };
  await (await openSqlite({ file }, withB)).destroy();
  expect(await problemOf(openSqlite({ file }, first))).toBe(
    `${file}: belongs to a newer version of Geganti (it has 0002_b); start that version, or restore a backup`,
  );
});

test('what is not a database is one line', async () => {
  await using folder = await tempFolder();
  const file = `${folder.path}/a.sqlite`;
  await writeFile(file, 'this is a text, and long enough to be seen as one by whoever reads it'.repeat(20));
  expect(await problemOf(openSqlite({ file }, first))).toBe(
    `${file}: cannot be opened as a database: file is not a database`,
  );
  await mkdir(`${folder.path}/b`);
  expect(await problemOf(openSqlite({ file: `${folder.path}/b` }, first))).toBe(
    `${folder.path}/b: cannot be opened as a database: it is a folder`,
  );
});

test('directory and delivery log may be opened side by side', async () => {
  await using folder = await tempFolder();
  const directory = await openDirectoryDatabase(at(`${folder.path}/directory.db`));
  const trace = await openTraceDatabase(at(`${folder.path}/trace.db`));
  await directory.destroy();
  await trace.destroy();
});

test('processes that start at once on a new file all open it', async () => {
  await using folder = await tempFolder();
  for (let round = 0; round < 3; round += 1) {
    const outcomes = await openAtOnce(at(`${folder.path}/${round}/directory.db`), 3);
    expect(outcomes).toEqual(['open', 'open', 'open']);
  }
});

test('a transaction that reads first bears that another connection writes meanwhile', async () => {
  await using folder = await tempFolder();
  const place = at(`${folder.path}/a.sqlite`);
  const one = await openDatabase<{ a: { x: string } }>(place, kindOf(first));
  const other = await openDatabase<{ a: { x: string } }>(place, kindOf(first));
  const count = (db: typeof one) => db.selectFrom('a').select(db.fn.countAll().as('n')).executeTakeFirst();
  await one.transaction().execute(async (db) => {
    expect(await count(db)).toEqual({ n: 0 });
    // The other one reads what was there before, without waiting.
    expect(await count(other)).toEqual({ n: 0 });
    await expect(other.insertInto('a').values({ x: 'other' }).execute()).rejects.toThrow('locked');
    await db.insertInto('a').values({ x: 'one' }).execute();
  });
  expect(await count(other)).toEqual({ n: 1 });
  await one.destroy();
  await other.destroy();
});
