/**
 * Where Dovecot finds users (config/stack/dovecot-sql.conf): the view dovecot_users of our directory, in a SQLite file or
 * in PostgreSQL. The file made from it may hold the database's password: only root reads it, and Dovecot's auth before it
 * gives root up.
 */
import type { DatabasePlace } from '../config/settings.ts';
import { Problem } from '../lib/problem.ts';
import { type Block, renderTo } from './render.ts';

const SECRET = 0o600;

/** Writes the file into `folder`; its path. */
export async function writeSqlFile(folder: string, place: DatabasePlace, mailboxes: string): Promise<string> {
  const values =
    place.kind === 'sqlite'
      ? { driver: 'sqlite', connect: place.file }
      : { driver: 'pgsql', connect: connectLine(place.url) };
  return await renderTo(folder, 'dovecot-sql.conf', { ...values, mailboxes }, SECRET);
}

/** What Dovecot's libpq has to know of the URL's options. */
const OPTIONS = ['sslmode', 'sslrootcert', 'sslcert', 'sslkey'];

/** libpq's form, key='value'; Dovecot takes it apart at spaces, whether quoted or not. */
function connectLine(text: string): Block {
  const url = new URL(text);
  const { searchParams } = url;
  const values = {
    host: searchParams.get('host') ?? decodeURIComponent(url.hostname).replace(/^\[(.*)\]$/, '$1'),
    port: searchParams.get('port') ?? url.port,
    dbname: decodeURIComponent(url.pathname.slice(1)),
    user: decodeURIComponent(url.username),
    password: decodeURIComponent(url.password),
    ...Object.fromEntries(OPTIONS.map((name) => [name, searchParams.get(name) ?? ''])),
    application_name: 'geganti-dovecot',
    connect_timeout: '5',
  };
  const given = Object.entries(values).filter(([, value]) => value !== '');
  return { lines: [given.map(([name, value]) => `${name}=${quoted(name, value)}`).join(' ')] };
}

function quoted(name: string, value: string): string {
  if (/[\s\p{Cc}]/u.test(value)) {
    const what = name === 'password' ? '' : ` ${JSON.stringify(value)}`;
    throw new Problem(
      `database.directory: ${name}${what} has a space, which Dovecot cannot take; choose another`,
    );
  }
  return /^[\w./:-]+$/.test(value) ? value : `'${value.replace(/[\\']/g, '\\$&')}'`;
}
