/**
 * PostgreSQL, with accounts and delivery log in it, is not there when the server starts, or goes and comes back: senders
 * are told to come again later, nothing is lost, no process ends, and the rows of the log catch up.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { plainToken } from '../support/doors.ts';
import { type Postgres, startPostgres } from '../support/postgres.ts';
import {
  finals,
  letterText,
  logLines,
  type Running,
  type RunningUser,
  sendOver,
  startRunning,
} from '../support/running.ts';
import { waitFor } from '../support/wait-for.ts';

const WONG = 'wong@partner.example';

let postgres: Postgres;
let running: Running;
let aminah: RunningUser;

beforeAll(async () => {
  postgres = await startPostgres();
  running = await startRunning({
    GEGANTI_DATABASE_DIRECTORY: await postgres.url('directory'),
    GEGANTI_DATABASE_TRACE: await postgres.url('trace'),
  });
  aminah = await running.addUser({ address: 'aminah@moh.example' });
});
afterAll(async () => {
  await running?.[Symbol.asyncDispose]();
  await postgres?.[Symbol.asyncDispose]();
});

function pids(): (number | null)[] {
  return running.server.map((name) => running.part(name).pid);
}

async function expectLater(): Promise<void> {
  const mx = await running.connect('mx');
  await mx.ask(`MAIL FROM:<${WONG}>`, /^451[- ]4\.3\.0/);
  await mx.ask('MAIL FROM:<>', /^250 /);
  await mx.ask(`RCPT TO:<${aminah.address}>`, /^451[- ]4\.3\.0/);
  mx.destroy();
  const submissions = await running.connect('submissions');
  await submissions.ask(`AUTH PLAIN ${plainToken(aminah.address, aminah.password)}`, /^45[14][- ]4\./);
  submissions.destroy();
}

async function expectStatusSaysIt(): Promise<void> {
  const status = await waitFor('the status', async () => {
    const found = await running.status();
    return found.parts.some(({ name, up }) => name === 'directory' && !up) && found.log.problem !== null
      ? found
      : undefined;
  });
  expect(status.parts.find(({ name }) => name === 'directory')?.detail).toMatch(/PostgreSQL|database/);
  await expect(running.api.get('/log')).rejects.toThrow();
  await expect(running.api.get('/users')).rejects.toThrow(/database|directory/);
}

async function expectMailFlows(subject: string): Promise<void> {
  await waitFor('the directory', async () =>
    (await running.status()).parts.some(({ name }) => name === 'directory') ? undefined : true,
  );
  const content = letterText(aminah, subject);
  const letter = { door: 'submission', from: aminah, to: [aminah], content } as const;
  const { id } = await waitFor('the receiver to find it', () => running.send(letter));
  if (!id) throw new Error('refused');
  expect(finals(await running.ended(id, 1)).map(({ kind }) => kind)).toEqual(['delivered']);
}

test('down in the middle: later, nothing lost, no process ends, rows catch up', async () => {
  const before = pids();
  const dialogue = await running.connect('mx');
  await dialogue.ask(`MAIL FROM:<${WONG}>`, /^250 /);
  await dialogue.ask(`RCPT TO:<${aminah.address}>`, /^250 /);
  await dialogue.ask('DATA', /^354 /);
  await postgres.stop();
  await dialogue.send(`${letterText(WONG, 'di tengah')}.\r\n`);
  // Its recipient is known already: it is taken or told to come again, never refused for good.
  const reply = await dialogue.expect(/^(?:250|451)/);
  await expectLater();
  await expectStatusSaysIt();
  const linesThen = logLines(running.data).length;

  await postgres.start();
  await expectMailFlows('selepas');
  expect(pids()).toEqual(before);
  const id = /\bm[0-9a-z]{17}\b/.exec(reply)?.[0];
  if (id) expect(finals(await running.ended(id, 1)).map(({ kind }) => kind)).toEqual(['delivered']);
  // What happened while it was away is among the rows.
  const { entries } = await running.api.get<{ entries: readonly object[] }>('/log?outcome=refused&limit=100');
  expect(linesThen).toBeGreaterThan(0);
  expect(entries.length).toBeGreaterThan(0);
  expect((await running.status()).log).toMatchObject({ behindBytes: 0, problem: null });
});

test('mail that is under way when it goes is delivered once when it is back', async () => {
  await running.stack.stop('dovecot');
  const dialogue = await running.connect('mx');
  const ids: string[] = [];
  for (const subject of ['satu', 'dua', 'tiga']) {
    const content = letterText(WONG, subject);
    const { id } = await sendOver(dialogue, { door: 'mx', from: WONG, to: [aminah], content });
    if (id) ids.push(id);
  }
  dialogue.destroy();
  expect(ids).toHaveLength(3);
  await postgres.stop();
  await running.stack.start('dovecot');
  await waitFor('a delivery that has to wait for the accounts', async () => {
    const { messages } = await running.queue();
    const reasons = messages.filter(({ reason }) => reason?.includes('internal error'));
    return reasons.length === 3 ? true : undefined;
  });
  await postgres.start();
  for (const id of ids) {
    await running.ended(id, 1);
    const lines = finals(logLines(running.data).filter((event) => event.id === id));
    expect(lines.map(({ kind }) => kind)).toEqual(['delivered']);
  }
});

test('down at the start of everything: the doors are open and say later, and it is found when it comes', async () => {
  await running.stopServer();
  await running.stack.stop('dovecot');
  await postgres.stop();
  await running.stack.start('dovecot');
  await running.startServer();
  const before = pids();
  await expectLater();
  await expectStatusSaysIt();
  await postgres.start();
  await expectMailFlows('lewat');
  expect(pids()).toEqual(before);
});
