import { connect, createServer, type Socket } from 'node:net';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { kindOf, openAtOnce, problemOf } from '../../test/support/databases.ts';
import { type Postgres, startPostgres } from '../../test/support/postgres.ts';
import { waitFor } from '../../test/support/wait-for.ts';
import type { DatabasePlace } from '../config/settings.ts';
import { Away } from '../lib/problem.ts';
import { exclusively } from './exclusive.ts';
import type { Migrations } from './migrate.ts';
import { type Database, openDatabase, openDirectoryDatabase, openTraceDatabase } from './open.ts';
import { describeUrl } from './postgresql.ts';

interface Schema {
  readonly a: { readonly x: string };
}

const first: Migrations = {
  '0001_a': { up: (db) => db.schema.createTable('a').addColumn('x', 'text').execute() },
};

let server: Postgres;
beforeAll(async () => {
  server = await startPostgres();
});
afterAll(() => server?.[Symbol.asyncDispose]());

async function newPlace(name: string): Promise<DatabasePlace & { kind: 'postgresql' }> {
  return { kind: 'postgresql', url: await server.url(name) };
}

async function answer<T>(db: Database<T>): Promise<unknown> {
  return (await sql<{ n: number }>`select 42 as n`.execute(db)).rows[0]?.n;
}

test('numbers come as numbers, and one that is too large for that is an error', async () => {
  const db = await openDatabase<Schema>(await newPlace('numbers'), kindOf(first));
  const { rows } = await sql`
    select 9007199254740991::bigint as big, sum(v)::numeric as sum, avg(v) as avg, count(*) as n, null::bigint as none
      from (values (1::bigint), (2)) as t(v)`.execute(db);
  expect(rows).toEqual([{ big: Number.MAX_SAFE_INTEGER, sum: 3, avg: 1.5, n: 2, none: null }]);
  await expect(sql`select 9007199254740993::bigint`.execute(db)).rejects.toThrow('too large a number');
  expect(await answer(db)).toBe(42);
  await db.destroy();
});

test('both databases may be one, and opening again keeps what is there', async () => {
  const place = await newPlace('both');
  for (let round = 0; round < 2; round += 1) {
    const directory = await openDirectoryDatabase<{ agencies: { id: string } }>(place);
    const trace = await openTraceDatabase(place);
    expect(await directory.selectFrom('agencies').select('id').execute()).toEqual([]);
    expect(await answer(trace)).toBe(42);
    await directory.destroy();
    await trace.destroy();
  }
});

test('processes that start at once on an empty database all open it', async () => {
  expect(await openAtOnce(await newPlace('at_once'), 3)).toEqual(['open', 'open', 'open']);
});

test('a migration that fails leaves nothing behind', async () => {
  const place = await newPlace('half');
  const failing: Migrations = {
    '0001_a': {
      up: async (db) => {
        await db.schema.createTable('half').addColumn('x', 'text').execute();
        throw new Error('power cut');
      },
    },
  };
  expect(await problemOf(openDatabase(place, kindOf(failing)))).toBe(
    `database.test: ${describeUrl(place.url)}: cannot be brought up to date: power cut`,
  );
  const db = await openDatabase(place, kindOf(first));
  expect((await db.introspection.getTables()).map(({ name }) => name)).not.toContain('half');
  await db.destroy();
});

test('a database of a newer version is refused and not touched', async () => {
  const place = await newPlace('newer');
  await (await openDatabase(place, kindOf({ ...first, '0002_b': { up: async () => {} } }))).destroy();
  expect(await problemOf(openDatabase(place, kindOf(first)))).toMatch(
    /belongs to a newer version of Geganti \(it has 0002_b\); start that version, or restore a backup$/,
  );
});

test('a change of the schema may take longer than a statement', async () => {
  const slow: Migrations = {
    '0001_slow': { up: async (db) => void (await sql`select pg_sleep(0.3)`.execute(db)) },
  };
  const db = await openDatabase(await newPlace('slow'), { ...kindOf(slow), statementMs: 100 });
  await expect(sql`select pg_sleep(0.3)`.execute(db)).rejects.toThrow('statement timeout');
  expect(await answer(db)).toBe(42);
  await db.destroy();
});

test('exclusive transactions come one after the other', async () => {
  const db = await openDatabase<Schema>(await newPlace('exclusive'), kindOf(first));
  const addNext = () =>
    exclusively(db, async (inside) => {
      const { n } = await inside
        .selectFrom('a')
        .select((e) => e.fn.countAll<number>().as('n'))
        .executeTakeFirstOrThrow();
      await inside
        .insertInto('a')
        .values({ x: String(n) })
        .execute();
    });
  await Promise.all([addNext(), addNext(), addNext(), addNext()]);
  const rows = await db.selectFrom('a').select('x').orderBy('x').execute();
  expect(rows.map(({ x }) => x)).toEqual(['0', '1', '2', '3']);
  await db.destroy();
});

describe('a database that cannot be opened is one line, without its password:', () => {
  const cases: [string, Partial<URL>, RegExp][] = [
    ['wrong password', { password: 'rahsia-besar' }, /: the password is wrong; correct it$/],
    ['no such database', { pathname: '/none' }, /: there is no such database; create it$/],
    ['nobody there', { port: '9' }, /: nobody listens there; start PostgreSQL, or /],
    ['no such host', { hostname: 'db.invalid' }, /: cannot be used: /],
    ['no user', { username: '' }, /: names no user; write it like "postgresql:/],
    ['strange option', { search: '?options=-x' }, /: cannot be used: /],
  ];
  test.each(cases)('%s', async (name, change, expected) => {
    const url = new URL(await server.url(name.replaceAll(' ', '_')));
    const { password } = url;
    Object.assign(url, change);
    const text = await problemOf(openDirectoryDatabase({ kind: 'postgresql', url: url.href }));
    expect(text).toMatch(expected);
    expect(text).toMatch(/^database\.directory: postgresql:\/\//);
    expect(text).not.toContain(password);
    expect(text).not.toContain('rahsia-besar');
  });
});

test.each([
  ['of a server that is not there may pass', { port: '9' }, true],
  ['of a wrong password does not', { password: 'rahsia-besar' }, false],
  ['of a database that is missing does not', { pathname: '/none' }, false],
])('the problem %s', async (_, change, passes) => {
  const url = Object.assign(new URL(await server.url('problem')), change);
  const opened = openDirectoryDatabase({ kind: 'postgresql', url: url.href });
  expect(await opened.catch((error: unknown) => error instanceof Away)).toBe(passes);
});

describe('a server that goes away', () => {
  test('fails the question in hand and those that follow, and the transaction, and is found again', async () => {
    const db = await openDatabase<Schema>(await newPlace('away'), kindOf(first));
    const inHand = sql`select pg_sleep(30)`.execute(db).catch(String);
    const transaction = db
      .transaction()
      .execute(async (inside) => {
        await inside.insertInto('a').values({ x: 'lost' }).execute();
        await server.stop();
        await expect(answer(db)).rejects.toThrow();
        await inside.insertInto('a').values({ x: 'lost, too' }).execute();
      })
      .catch(String);
    for (const failure of [inHand, transaction]) expect(await failure).toMatch(/^Away: /);
    await expect(answer(db)).rejects.toThrow(Away);
    await server.start();
    // Connections at rest may still have to be found dead, one question each.
    expect(await waitFor('the database', () => answer(db))).toBe(42);
    expect(await db.selectFrom('a').selectAll().execute()).toEqual([]);
    await db.destroy();
  });

  test('is found again after a restart that nobody asked anything in', async () => {
    const db = await openDatabase<Schema>(await newPlace('restart'), kindOf(first));
    await Promise.all([answer(db), answer(db)]);
    await server.stop();
    await server.start();
    expect(await waitFor('the database', () => answer(db))).toBe(42);
    await db.destroy();
  });

  test('without a word, as when a cable is pulled, costs seconds, not minutes', async () => {
    const place = await newPlace('silent');
    await using proxy = await silenceable(Number(new URL(place.url).port));
    const url = new URL(place.url);
    url.port = String(proxy.port);
    const db = await openDatabase<Schema>({ kind: 'postgresql', url: url.href }, kindOf(first));
    expect(await answer(db)).toBe(42);
    proxy.silent = true;
    const begun = performance.now();
    const lost = db.transaction().execute((inside) => inside.selectFrom('a').selectAll().execute());
    await expect(lost).rejects.toThrow();
    expect(performance.now() - begun).toBeLessThan(4000);
    proxy.silent = false;
    // The connection that was lost is not used again.
    expect(await answer(db)).toBe(42);
    await db.destroy();
  });
});

interface Silenceable extends AsyncDisposable {
  readonly port: number;
  silent: boolean;
}

/** Hands everything on; while silent it takes everything, on open connections too, and says nothing. */
async function silenceable(to: number): Promise<Silenceable> {
  const sockets = new Set<Socket>();
  const listener = createServer((client) => {
    const upstream = connect(to, '127.0.0.1');
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      const other = socket === client ? upstream : client;
      socket.on('error', () => {});
      socket.on('data', (octets) => proxy.silent || other.write(octets));
      socket.on('close', () => proxy.silent || other.destroy());
    }
  });
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  const address = listener.address();
  if (typeof address !== 'object' || address === null) throw new Error('no port');
  const proxy: Silenceable = {
    port: address.port,
    silent: false,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => listener.close(resolve));
    },
  };
  return proxy;
}
