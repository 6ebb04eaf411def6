/** Databases come back as they were, from SQLite and from PostgreSQL, whoever writes meanwhile. */
import { readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Postgres, startPostgres } from '../../test/support/postgres.ts';
import { tempFolder } from '../../test/support/temp-folder.ts';
import type { DatabasePlace } from '../config/settings.ts';
import { openDirectoryDatabase } from '../db/open.ts';
import { createCopier, createTurns } from './copy.ts';
import { checkEmpty, copyDatabase, copyName, restorePostgresql } from './databases.ts';

interface Schema {
  agencies: { id: string; code: string };
}

let postgres: Postgres;
beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres?.[Symbol.asyncDispose]());

const { signal } = new AbortController();
const programs = { env: { PATH: process.env.PATH }, signal };

async function copyTo(to: string, place: DatabasePlace): Promise<string> {
  const copier = createCopier({ to, turn: createTurns(signal), copied: () => {} });
  expect(await copyDatabase('directory', place, copier, programs)).toBe(true);
  expect([...copier.files.keys()]).toEqual([copyName('directory', place.kind)]);
  return join(to, copyName('directory', place.kind));
}

test('a PostgreSQL database comes back into an empty one, and into no other', async () => {
  await using folder = await tempFolder();
  const [from, to] = [await postgres.url('backup_from'), await postgres.url('backup_to')];
  const source = await openDirectoryDatabase<Schema>({ kind: 'postgresql', url: from });
  const tables = async (db: typeof source): Promise<string[]> =>
    (await db.introspection.getTables()).map(({ name }) => name).sort();
  const expected = await tables(source);
  await source.destroy();
  const dump = await copyTo(folder.path, { kind: 'postgresql', url: from });
  expect(readFileSync(dump).includes(postgres.password)).toBe(false);

  await checkEmpty('directory', to, programs);
  await restorePostgresql(dump, to, programs);
  const restored = await openDirectoryDatabase<Schema>({ kind: 'postgresql', url: to });
  expect(await tables(restored)).toEqual(expected);
  await restored.destroy();
  const again = checkEmpty('directory', to, programs);
  await expect(again).rejects.toThrow(/^database\.directory: postgresql:.* is not empty; drop it/);
  await expect(again).rejects.not.toThrow(postgres.password);
});

test('a wrong password is one line that does not tell it', async () => {
  const url = (await postgres.url('backup_from')).replace(postgres.password, 'not-the-password');
  const asked = checkEmpty('directory', url, programs);
  await expect(asked).rejects.toThrow(/^psql: failed: .*password authentication failed/);
  await expect(asked).rejects.not.toThrow('not-the-password');
});

test('a SQLite database is copied while another connection writes, in one file', async () => {
  await using folder = await tempFolder();
  const file = join(folder.path, 'directory.db');
  using live = new DatabaseSync(file);
  live.exec('PRAGMA journal_mode = WAL; CREATE TABLE t (n INTEGER); INSERT INTO t VALUES (1)');
  // Not written yet, and so not in it.
  live.exec('BEGIN IMMEDIATE; INSERT INTO t VALUES (2)');
  const copy = await copyTo(join(folder.path, 'copy'), { kind: 'sqlite', file });
  live.exec('COMMIT');
  using opened = new DatabaseSync(copy, { readOnly: true });
  expect(opened.prepare('SELECT n FROM t').all()).toEqual([{ n: 1 }]);
});

test.runIf(process.getuid?.() === 0)(
  "as root, a link in the place of a database, where the server's user may write, is not followed",
  async () => {
    await using folder = await tempFolder();
    const [other, file] = [join(folder.path, 'other.db'), join(folder.path, 'directory.db')];
    new DatabaseSync(other).close();
    symlinkSync(other, file);
    await expect(copyTo(join(folder.path, 'to'), { kind: 'sqlite', file })).rejects.toThrow('is a link');
  },
);
