/**
 * Copies of the databases while others work with them, and the way back. SQLite by its own backup (all pages in one
 * step, so as they are at one moment); PostgreSQL by the dump and restore of its client programs.
 */
import { existsSync, lstatSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { backup as copyPages, DatabaseSync } from 'node:sqlite';
import type { DatabasePlace } from '../config/settings.ts';
import { isRoot } from '../lib/privileges.ts';
import { messageOf, Problem } from '../lib/problem.ts';
import type { Copier } from './copy.ts';
import type { DatabaseForm } from './manifest.ts';
import { type RunOptions, run } from './programs.ts';

/** More than any database has: one step. */
const ALL_PAGES = 2 ** 31 - 1;
const CLIENT = 'postgresql-client';

export type DatabaseName = 'directory' | 'trace';
type Programs = Pick<RunOptions, 'env' | 'signal'>;

/** Where the copy of a database lies in a backup. */
export function copyName(name: DatabaseName, form: DatabaseForm): string {
  return form === 'postgresql' ? `${name}/${name}.pgdump` : `${name}/${name}.db`;
}

/** False: there is no such database yet. */
export async function copyDatabase(
  name: DatabaseName,
  place: DatabasePlace,
  copier: Copier,
  programs: Programs,
): Promise<boolean> {
  const target = copyName(name, place.kind);
  const path = join(copier.to, target);
  if (place.kind === 'sqlite' && !existsSync(place.file)) return false;
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  if (place.kind === 'sqlite') await copySqlite(place.file, path);
  else
    await runClient(
      'pg_dump',
      place.url,
      ['--format=custom', '--no-owner', '--no-acl', `--file=${path}`],
      programs,
    );
  await copier.note(target);
  return true;
}

async function copySqlite(file: string, to: string): Promise<void> {
  // In a folder of the server's user it could lead to a database that is none of the server's.
  if (isRoot() && lstatSync(file).isSymbolicLink()) {
    throw new Problem(`${file}: is a link; name the database's own file in the settings`);
  }
  try {
    using source = new DatabaseSync(file, { timeout: 10_000 });
    await copyPages(source, to, { rate: ALL_PAGES });
    using copy = new DatabaseSync(to);
    // One file, complete in itself: the copy carries the mode of the original, which works with three.
    copy.exec('PRAGMA journal_mode = DELETE');
  } catch (error) {
    throw new Problem(`${file}: cannot be copied: ${messageOf(error)}`);
  }
}

/** Throws a Problem when there are tables already: two worlds in one database would be nobody's. */
export async function checkEmpty(key: DatabaseName, url: string, programs: Programs): Promise<void> {
  const query = "select count(*) from pg_tables where schemaname not in ('pg_catalog', 'information_schema')";
  const count = await runClient('psql', url, ['--no-psqlrc', '--tuples-only', '--command', query], programs);
  if (count.trim() === '0') return;
  throw new Problem(
    `database.${key}: ${shown(url)} is not empty; drop it and create it anew (dropdb, createdb), or set another one`,
  );
}

/** All or nothing. */
export async function restorePostgresql(path: string, url: string, programs: Programs): Promise<void> {
  const args = ['--exit-on-error', '--single-transaction', '--no-owner', '--no-acl', path];
  await runClient('pg_restore', url, args, programs);
}

/** The password goes by the environment: everybody sees the arguments of a program. */
async function runClient(
  program: string,
  url: string,
  args: readonly string[],
  { env, signal }: Programs,
): Promise<string> {
  const { password, searchParams } = new URL(url);
  const given = password === '' ? searchParams.get('password') : decodeURIComponent(password);
  const secret = given === null ? {} : { PGPASSWORD: given };
  return await run(program, [`--dbname=${shown(url)}`, ...args], {
    env: { ...env, ...secret },
    signal,
    from: CLIENT,
  });
}

/** Without its password. */
function shown(url: string): string {
  const parsed = new URL(url);
  parsed.password = '';
  parsed.searchParams.delete('password');
  return parsed.href;
}
