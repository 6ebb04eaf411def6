/** Dovecot with its users in PostgreSQL: they log in, read and get mail just as those in SQLite. */
import { statSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { DatabasePlace } from '../../src/config/settings.ts';
import { openDirectoryDatabase } from '../../src/db/open.ts';
import { createDirectory } from '../../src/directory/database-directory.ts';
import type { Change, Directory } from '../../src/directory/directory.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { connectOptions } from '../../src/lib/endpoint.ts';
import { silentLog } from '../../src/lib/log.ts';
import { type MailboxAccess, openMailbox } from '../support/mailbox.ts';
import { type Postgres, startPostgres } from '../support/postgres.ts';
import { defaultSettings } from '../support/settings.ts';
import { startTestStack, type TestStack } from '../support/stack.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { waitFor } from '../support/wait-for.ts';

/** Whatever could mean something to Dovecot's settings, to libpq or to a URL. */
const DATABASE_PASSWORD = `r%u#a'h"s\\i=a$HOME;{x}@:/?é`;

let data: string;
let server: Postgres;
let directory: Directory;
let running: TestStack;
const owned = new AsyncDisposableStack();

beforeAll(async () => {
  server = owned.use(await startPostgres({ password: DATABASE_PASSWORD }));
  const place: DatabasePlace = { kind: 'postgresql', url: await server.url('geganti') };
  const { grades } = defaultSettings().directory;
  directory = owned.use(
    await createDirectory({
      database: await openDirectoryDatabase(place),
      grades,
      clock: systemClock,
      log: silentLog,
    }),
  );
  data = owned.use(await tempFolder()).path;
  const settings = { database: { directory: place, trace: place } };
  running = owned.use(await startTestStack(data, { settings }));
  done(
    await directory.addAgency({ code: 'moh', name: 'KKM', domains: ['moh.example'], gradeScheme: 'classic' }),
  );
});
afterAll(() => owned.disposeAsync());

test('a user gets mail by LMTP, and reads it by IMAP with the quota of the grade', async () => {
  const { password } = await newUser('ali@moh.example');
  expect(await deliver('Ali@moh.example')).toMatch(/^250 2\.0\.0 /m);
  await using imap = await mailbox('ali@moh.example', password);
  expect((await imap.messages('INBOX')).map(({ subject }) => subject)).toEqual(['Salam']);
  expect(await imap.quota()).toMatchObject({ limitBytes: 500 * 1024 ** 2 });
});

test('an unknown user has no mailbox', async () => {
  expect(await deliver('nobody@moh.example')).toMatch(/^550 5\.1\.1 /m);
});

test('a user who is disabled may not log in, and gets mail', async () => {
  const { password } = await newUser('siti@moh.example');
  done(await directory.changeUser('siti@moh.example', { active: false }));
  await expect(mailbox('siti@moh.example', password)).rejects.toThrow();
  expect(await deliver('siti@moh.example')).toMatch(/^250 2\.0\.0 /m);
});

test('the password of the database is in a file that nobody else reads', () => {
  const { mode, uid } = statSync(join(data, 'run', 'config', 'dovecot-sql.conf'));
  expect([(mode & 0o777).toString(8), uid]).toEqual(['600', process.getuid?.()]);
});

test('while the database is away mail waits; when it is back it is delivered', async () => {
  await newUser('abu@moh.example');
  expect(await deliver('abu@moh.example')).toMatch(/^250 2\.0\.0 /m);
  await server.stop();
  expect(await deliver('abu@moh.example')).toMatch(/^451 4\.3\.0 /m);
  await server.start();
  await waitFor('a delivery', async () =>
    /^250 2\.0\.0 /m.test(await deliver('abu@moh.example')) ? true : undefined,
  );
});

async function newUser(address: string): Promise<{ password: string }> {
  return done(await directory.addUser({ address, name: 'Ali', grade: 'N29', quotaBytes: null }));
}

function done<T>(change: Change<T>): T {
  if (change.kind === 'refused') throw new Error(change.problem);
  return change.value;
}

function mailbox(user: string, password: string): Promise<MailboxAccess> {
  return openMailbox({ port: running.stack.ports.imaps, user, password });
}

/** All that LMTP said. */
async function deliver(to: string): Promise<string> {
  const socket = connect(connectOptions(running.settings.services.lmtp));
  socket.write(`LHLO test\r\nMAIL FROM:<siti@moh.example>\r\nRCPT TO:<${to}>\r\n`);
  socket.write('DATA\r\nSubject: Salam\r\n\r\nSalam\r\n.\r\nQUIT\r\n');
  return Buffer.concat(await socket.toArray()).toString('latin1');
}
