import { readFile, stat, writeFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { tempFolder } from '../../test/support/temp-folder.ts';
import type { DatabasePlace } from '../config/settings.ts';
import { Problem } from '../lib/problem.ts';
import { writeSqlFile } from './dovecot-sql.ts';

async function lines(place: DatabasePlace): Promise<string[]> {
  await using folder = await tempFolder();
  const file = await writeSqlFile(folder.path, place, '/var/lib/geganti/mailboxes');
  const text = await readFile(file, 'utf8');
  return text.split('\n').filter((line) => /^(driver|connect) /.test(line));
}

const END = 'application_name=geganti-dovecot connect_timeout=5';

describe('Dovecot connects to', () => {
  const cases: [string, string, string][] = [
    [
      'a host with port and password',
      'postgresql://geganti:rahsia@db.moh.example:5433/mel',
      'host=db.moh.example port=5433 dbname=mel user=geganti password=rahsia',
    ],
    [
      'a password with signs that mean something',
      'postgresql://g:a%27b%5Cc%23%40@db.moh.example/mel',
      `host=db.moh.example dbname=mel user=g password='a\\'b\\\\c#@'`,
    ],
    ['an IPv6 address', 'postgres://g@[2001:db8::1]/mel', 'host=2001:db8::1 dbname=mel user=g'],
    ['a socket', 'postgresql://g@%2Frun%2Fpostgresql/mel', 'host=/run/postgresql dbname=mel user=g'],
    [
      'a socket named as an option',
      'postgresql://g@db/mel?host=/run/postgresql&port=5433',
      'host=/run/postgresql port=5433 dbname=mel user=g',
    ],
    [
      'a server whose certificate is checked',
      'postgresql://g@db.moh.example/mel?sslmode=verify-full&sslrootcert=/etc/ca.pem&application_name=x',
      'host=db.moh.example dbname=mel user=g sslmode=verify-full sslrootcert=/etc/ca.pem',
    ],
  ];
  test.each(cases)('%s', async (_, url, expected) => {
    expect(await lines({ kind: 'postgresql', url })).toEqual([
      'driver = pgsql',
      `connect = ${expected} ${END}`,
    ]);
  });

  test('a SQLite file', async () => {
    const file = '/var/lib/geganti/directory/directory.db';
    expect(await lines({ kind: 'sqlite', file })).toEqual(['driver = sqlite', `connect = ${file}`]);
  });
});

test('a password with a space is refused and not shown', async () => {
  const place: DatabasePlace = {
    kind: 'postgresql',
    url: 'postgresql://g:rahsia%20besar@db.moh.example/mel',
  };
  await expect(lines(place)).rejects.toThrow(
    new Problem('database.directory: password has a space, which Dovecot cannot take; choose another'),
  );
});

test('the file is its owner’s alone, whatever an earlier start left', async () => {
  await using folder = await tempFolder();
  await writeFile(`${folder.path}/dovecot-sql.conf.new`, '', { mode: 0o666 });
  await writeFile(`${folder.path}/dovecot-sql.conf`, '', { mode: 0o666 });
  const file = await writeSqlFile(folder.path, { kind: 'sqlite', file: '/a.db' }, '/m');
  expect((await stat(file)).mode & 0o777).toBe(0o600);
});
