/** Doors that are bound and not open yet: who comes waits without a banner, and is served when they open. */
import { connect, type Socket } from 'node:net';
import { expect, test } from 'vitest';
import { silentLog } from '../../src/lib/log.ts';
import { bindDoors } from '../../src/receive/receiver.ts';
import type { DoorName } from '../../src/receive/session-types.ts';
import { beginMessage, type Doors, openDoors } from '../support/doors.ts';
import { waitFor } from '../support/wait-for.ts';

function connections(doors: Doors, name: DoorName): number {
  return doors.bound.doors.find((door) => door.name === name)?.connections ?? 0;
}

function waiting(doors: Doors, name: DoorName, count: number): Promise<true> {
  return waitFor(`${count} at ${name}`, () => connections(doors, name) === count || undefined);
}

/** A bare client: what it was told, and whether it was closed. */
function come(doors: Doors, name: DoorName): { socket: Socket; heard: () => string; closed: () => boolean } {
  const [address] = doors.receiver.addresses[name];
  const socket = connect(address?.port ?? 0, '127.0.0.1');
  let text = '';
  let over = false;
  socket.on('error', () => {});
  socket.on('data', (chunk: Buffer) => {
    text += chunk.toString('latin1');
  });
  socket.on('close', () => {
    over = true;
  });
  return { socket, heard: () => text, closed: () => over };
}

test.each(['mx', 'submission'] as const)(
  'at %s who comes early hears nothing until the door is open, then is served',
  async (name) => {
    await using doors = await openDoors({ open: false, door: { maxConnectionsPerAddress: 1 } });
    const early = await doors.connect(name, { greet: false });
    await waiting(doors, name, 1);
    // The second one is answered, so the first one would have heard its banner by now.
    const second = come(doors, name);
    await waitFor('the second one to be turned away', () => second.closed() || undefined);
    expect(second.heard()).toMatch(/^421-4\.7\.0 .*\r\n421 4\.7\.0 Too many connections, try later\r\n$/);
    doors.receiver.open();
    await early.expect(/^220 mail\.agency\.example ESMTP$/);
    await early.ask('EHLO client.test', /^250/);
    if (name === 'mx') {
      await beginMessage(early);
      await early.say('Subject: x', '', 'x', '.');
      await early.expect(/^250/);
    }
    await early.ask('QUIT', /^221/);
    await waiting(doors, name, 0);
    expect(doors.warnings).toContainEqual({ door: name, connections: 1 });
  },
);

test('at submissions a handshake that was begun early ends when the door is open', async () => {
  await using doors = await openDoors({ open: false });
  const session = doors.logIn('submissions');
  await waiting(doors, 'submissions', 1);
  doors.receiver.open();
  await (await session).ask('MAIL FROM:<ali@agency.example>', /^250/);
});

test('at submissions who is too many is closed without a word', async () => {
  await using doors = await openDoors({ open: false, limits: { connections: 0 } });
  const { heard, closed } = come(doors, 'submissions');
  await waitFor('the end', () => closed() || undefined);
  expect(heard()).toBe('');
});

test('commands that were sent before the banner are refused then, as always', async () => {
  await using doors = await openDoors({ open: false });
  const dialogue = await doors.connect('mx', { greet: false });
  await dialogue.say('EHLO client.test', 'MAIL FROM:<a@victim.test>');
  await waiting(doors, 'mx', 1);
  doors.receiver.open();
  await dialogue.expect(/^554[- ]5\.5\.0/);
  await dialogue.expectClose();
});

test('who leaves while waiting gives the place back', async () => {
  await using doors = await openDoors({ open: false });
  const [patient, hasty] = [await doors.connect('mx', { greet: false }), come(doors, 'mx')];
  await waiting(doors, 'mx', 2);
  hasty.socket.destroy();
  await waiting(doors, 'mx', 1);
  doors.receiver.open();
  await patient.expect(/^220 /);
});

test('those who wait count towards the limits of an open door', async () => {
  await using doors = await openDoors({ open: false, limits: { connections: 5 } });
  for (let i = 0; i < 4; i++) await doors.connect('mx', { greet: false });
  await waiting(doors, 'mx', 4);
  doors.receiver.open();
  const fifth = await doors.connect('mx', { greet: false });
  await fifth.expect(/^421[- ]4\.7\.0/);
  expect(doors.eventsOf('refused')).toMatchObject([{ door: 'mx', command: '' }]);
  await doors.connect('submission');
});

test('a stop before the doors are open tells those who wait, and frees the ports', async () => {
  const doors = await openDoors({ open: false });
  const [mx, submission, submissions] = (['mx', 'submission', 'submissions'] as const).map((name) =>
    come(doors, name),
  );
  for (const name of ['mx', 'submission', 'submissions'] as const) await waiting(doors, name, 1);
  await doors.receiver[Symbol.asyncDispose]();
  for (const client of [mx, submission, submissions])
    await waitFor('the end', () => client?.closed() || undefined);
  for (const client of [mx, submission])
    expect(client?.heard()).toMatch(
      /^421-4\.3\.2 .*\r\n421 4\.3\.2 Server is stopping, try again shortly\r\n$/,
    );
  expect(submissions?.heard()).toBe('');
  // Too late: nobody is served any more.
  doors.receiver.open();
  const { current } = doors.settings;
  const port = doors.receiver.addresses.mx[0]?.port ?? 0;
  const again = { ...current, doors: { ...current.doors, mx: { ...current.doors.mx, port } } };
  await using bound = await bindDoors({ settings: again, log: silentLog });
  expect(bound.addresses.mx[0]?.port).toBe(port);
  await doors[Symbol.asyncDispose]();
});

test('doors that were bound without a server behind them close on their own', async () => {
  await using doors = await openDoors({ open: false });
  const { current } = doors.settings;
  const bound = await bindDoors({ settings: current, log: silentLog });
  const [address] = bound.addresses.mx;
  const socket = connect(address?.port ?? 0, '127.0.0.1');
  const heard = new Promise<string>((resolve) =>
    socket.once('data', (chunk: Buffer) => resolve(chunk.toString('latin1'))),
  );
  await waitFor('the client', () => bound.doors[0]?.connections || undefined);
  await bound[Symbol.asyncDispose]();
  expect(await heard).toMatch(/^421-4\.3\.2 /);
  expect(bound.doors.map(({ connections: open }) => open)).toEqual([0, 0, 0]);
  await bound[Symbol.asyncDispose]();
  socket.destroy();
});

test('a stop that began before the server was made lets nobody in', async () => {
  await using doors = await openDoors({ open: false });
  const early = come(doors, 'mx');
  await waiting(doors, 'mx', 1);
  void doors.lifecycle.stop(0);
  doors.receiver.open();
  await waitFor('the end', () => early.closed() || undefined);
  expect(early.heard()).toMatch(/^421-4\.3\.2 /);
});
