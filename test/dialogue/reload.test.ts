/** Settings that change while the doors are open: what comes next follows them, and nobody is cut off. */
import { expect, test } from 'vitest';
import type { Settings } from '../../src/config/settings.ts';
import { beginMessage, type Doors, openDoors, sendMessage } from '../support/doors.ts';
import { waitFor } from '../support/wait-for.ts';

const CONTENT = 'Subject: x\r\n\r\nx\r\n';

function reload(
  doors: Doors,
  limits: Partial<Settings['limits']>,
  door: Partial<Settings['doors']['mx']> = {},
) {
  const { current } = doors.settings;
  const mx = { ...current.doors.mx, ...door };
  return doors.settings.reload({
    ...current,
    limits: { ...current.limits, ...limits },
    doors: { ...current.doors, mx },
  });
}

test('the size of a message holds from the next EHLO and the next MAIL on', async () => {
  await using doors = await openDoors();
  const dialogue = await doors.connect('mx');
  expect(reload(doors, { messageBytes: 2_000 }).changed).toEqual(['limits.message']);
  expect(await dialogue.ask('EHLO client.test', /^250/)).toContain('SIZE 2000');
  await dialogue.ask('MAIL FROM:<a@victim.test> SIZE=2001', /^552[- ]5\.3\.4/);
});

test('a message that is under way keeps its session', async () => {
  await using doors = await openDoors();
  const dialogue = await doors.connect('mx');
  await beginMessage(dialogue);
  await dialogue.send('Subject: x\r\n');
  reload(doors, { messagesPerSession: 1, sessionMs: 1, idleMs: 60_000 }, { maxRecipients: 1 });
  await dialogue.send('\r\nx\r\n.\r\n');
  await dialogue.expect(/^250/);
});

test('the number of recipients', async () => {
  await using doors = await openDoors();
  const dialogue = await doors.connect('mx');
  await dialogue.ask('MAIL FROM:<a@victim.test>', /^250/);
  await dialogue.ask('RCPT TO:<ali@agency.example>', /^250/);
  reload(doors, {}, { maxRecipients: 1 });
  await dialogue.ask('RCPT TO:<siti@agency.example>', /^452[- ]4\.5\.3/);
});

test('the connections of one address, and of all', async () => {
  await using doors = await openDoors();
  await doors.connect('mx');
  reload(doors, {}, { maxConnectionsPerAddress: 1 });
  await (await doors.connect('mx', { greet: false })).expect(/^421/);
  reload(doors, { connections: 2 }, { maxConnectionsPerAddress: 10 });
  await (await doors.connect('mx', { greet: false })).expect(/^421/);
  reload(doors, { connections: 10 });
  await doors.connect('mx');
});

test('the silence that a client may keep', async () => {
  await using doors = await openDoors();
  reload(doors, { idleMs: 50 });
  const dialogue = await doors.connect('mx');
  await dialogue.expect(/^421[- ]4\.4\.2/);
});

test('the wait for a verdict', async () => {
  await using doors = await openDoors({ door: { verdictWaitMs: 600_000 } });
  reload(doors, {}, { verdictWaitMs: 0 });
  const dialogue = await doors.connect('mx');
  expect(await sendMessage(dialogue, CONTENT)).toMatch(/^250/);
});

test('failed logins', async () => {
  await using doors = await openDoors();
  reload(doors, { authFailuresPerUser: 1 });
  const dialogue = await doors.connect('submissions');
  const wrong = Buffer.from('\0siti@agency.example\0salah').toString('base64');
  await dialogue.ask(`AUTH PLAIN ${wrong}`, /^535/);
  await dialogue.ask(`AUTH PLAIN ${wrong}`, /^454/);
});

test('errors in a session that is open', async () => {
  await using doors = await openDoors();
  const dialogue = await doors.connect('mx');
  await dialogue.ask('FOO', /^500/);
  reload(doors, { softErrors: 1, hardErrors: 2 });
  await dialogue.ask('FOO', /^421[- ]4\.7\.0/);
  await dialogue.expectClose();
});

test('a port waits for a restart', async () => {
  await using doors = await openDoors();
  expect(reload(doors, {}, { port: 2526 })).toEqual({ changed: [], ignored: ['doors.mx.port'] });
  await waitFor('the door', () => doors.connect('mx'));
});
