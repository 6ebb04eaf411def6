/** Budgets: time, size, errors, commands without mail, connections. Small limits, real time, no timed assertion. */
import { describe, expect, test } from 'vitest';
import { beginMessage, openDoors, sendMessage } from '../support/doors.ts';
import { waitFor } from '../support/wait-for.ts';

const HEADER = 'Subject: x\r\n\r\n';

describe('size', () => {
  test('a message above the limit is refused at its end, and nothing of it is kept', async () => {
    await using doors = await openDoors({ limits: { messageBytes: 10_000 } });
    const dialogue = await doors.connect('mx');
    await dialogue.ask('MAIL FROM:<a@victim.test> SIZE=10', /^250/);
    await dialogue.ask('RCPT TO:<ali@agency.example>', /^250/);
    await dialogue.ask('DATA', /^354/);
    await dialogue.send(`${HEADER}${`${'x'.repeat(98)}\r\n`.repeat(150)}.\r\n`);
    await dialogue.expect(/^552[- ]5\.3\.4/);
    expect(doors.spool.open).toBe(0);
    expect(doors.spool.committed).toHaveLength(0);
    expect(doors.eventsOf('refused')).toMatchObject([
      { id: null, command: 'DATA', recipients: [{ address: 'ali@agency.example' }] },
    ]);
    await dialogue.ask('NOOP', /^250/);
  });

  test('what goes on far above the limit is cut off, and nothing is held meanwhile', async () => {
    await using doors = await openDoors({ limits: { messageBytes: 10_000 } });
    const dialogue = await doors.connect('mx');
    await beginMessage(dialogue);
    await dialogue.send(`${HEADER}${`${'x'.repeat(98)}\r\n`.repeat(120)}`);
    await dialogue.send(`${'x'.repeat(98)}\r\n`.repeat(120));
    await dialogue.expect(/^552[- ]5\.3\.4/);
    await dialogue.expectClose();
    expect(doors.spool.open).toBe(0);
  });

  test('a message of exactly the limit passes', async () => {
    await using doors = await openDoors({ limits: { messageBytes: 10_000 } });
    const dialogue = await doors.connect('mx');
    const body = `${'x'.repeat(10_000 - HEADER.length - 2)}\r\n`;
    expect(await sendMessage(dialogue, `${HEADER}${body}`)).toMatch(/^250/);
  });
});

describe('time', () => {
  test('an idle client is told and closed', async () => {
    await using doors = await openDoors({ limits: { idleMs: 50 } });
    const dialogue = await doors.connect('mx');
    await dialogue.expect(/^421[- ]4\.4\.2/);
    await dialogue.expectClose();
  });

  test('a command that never ends is cut off although its octets keep coming', async () => {
    await using doors = await openDoors({ limits: { commandMs: 100 } });
    const dialogue = await doors.connect('mx');
    const dripping = setInterval(() => void dialogue.send('x'), 10);
    await dialogue.expect(/^421[- ]4\.4\.2/);
    clearInterval(dripping);
    await dialogue.expectClose();
  });

  test.each([
    ['header', ''],
    ['body', HEADER],
  ])('a message that drips in is cut off in its %s', async (_, start) => {
    await using doors = await openDoors({ limits: { commandMs: 100, dataBytesPerSecond: 10_000 } });
    const dialogue = await doors.connect('mx');
    await beginMessage(dialogue);
    await dialogue.send(start);
    const dripping = setInterval(() => void dialogue.send('x'), 10);
    await dialogue.expect(/^421[- ]4\.4\.2/);
    clearInterval(dripping);
    await dialogue.expectClose();
    expect(doors.spool.open).toBe(0);
  });

  test('a message may not take longer than the total, at any rate', async () => {
    await using doors = await openDoors({ limits: { dataMs: 100 } });
    const dialogue = await doors.connect('mx');
    await beginMessage(dialogue);
    const sending = setInterval(() => void dialogue.send(`${'x'.repeat(98)}\r\n`), 5);
    await dialogue.expect(/^421[- ]4\.4\.2/);
    clearInterval(sending);
  });

  test('time that the client waits for the spool does not count against it', async () => {
    await using doors = await openDoors({ limits: { commandMs: 50, dataBytesPerSecond: 1_000_000 } });
    doors.spool.plan.write = () => new Promise((resolve) => setTimeout(resolve, 150));
    const dialogue = await doors.connect('mx');
    expect(await sendMessage(dialogue, `${HEADER}x\r\n`)).toMatch(/^250/);
  });

  test('a session has an end, also for a client that keeps talking', async () => {
    await using doors = await openDoors({ limits: { sessionMs: 100, junkCommands: 1_000_000 } });
    const dialogue = await doors.connect('mx');
    await waitFor('the end of the session', async () => {
      const reply = await dialogue.ask('NOOP', /^250|^421[- ]4\.7\.0/);
      return reply.startsWith('421') || undefined;
    });
    await dialogue.expectClose();
  });
});

test('the same recipient over and over is taken a thousand times, then the session ends', async () => {
  await using doors = await openDoors();
  const dialogue = await doors.connect('mx');
  await dialogue.ask('MAIL FROM:<a@victim.test>', /^250/);
  for (let i = 0; i <= 1_000; i++) await dialogue.ask('RCPT TO:<siti@agency.example>', /^250/);
  await dialogue.ask('RCPT TO:<siti@agency.example>', /^421[- ]4\.7\.0/);
  await dialogue.expectClose();
});

describe('errors', () => {
  test('beyond the soft limit each answer comes later, at the hard one the session ends', async () => {
    await using doors = await openDoors({ limits: { softErrors: 3, hardErrors: 6 } });
    const dialogue = await doors.connect('mx');
    for (let i = 0; i < 5; i++) await dialogue.ask('FOO', /^500/);
    await dialogue.ask('FOO', /^421[- ]4\.7\.0/);
    await dialogue.expectClose();
    expect(doors.delays).toEqual([500, 1_000]);
  });

  test('who asks for unknown recipients is slowed down, then closed', async () => {
    await using doors = await openDoors();
    const dialogue = await doors.connect('mx');
    await dialogue.ask('MAIL FROM:<a@victim.test>', /^250/);
    for (let i = 1; i < 20; i++) await dialogue.ask(`RCPT TO:<u${i}@agency.example>`, /^550[- ]5\.1\.1/);
    expect(doors.delays).toHaveLength(9);
    await dialogue.ask('RCPT TO:<u20@agency.example>', /^421/);
    await dialogue.expectClose();
  });

  test('a user of ours may mistype many recipients', async () => {
    await using doors = await openDoors();
    const dialogue = await doors.logIn();
    await dialogue.ask('MAIL FROM:<ali@agency.example>', /^250/);
    for (let i = 0; i < 50; i++) await dialogue.ask(`RCPT TO:<u${i}@agency.example>`, /^550[- ]5\.1\.1/);
    await dialogue.ask('RCPT TO:<siti@agency.example>', /^250/);
  });

  test('a message that is taken makes up for earlier errors', async () => {
    await using doors = await openDoors({ limits: { softErrors: 2, hardErrors: 3 } });
    const dialogue = await doors.connect('mx');
    for (let i = 0; i < 3; i++) {
      await dialogue.ask('FOO', /^500/);
      await dialogue.ask('FOO', /^500/);
      expect(await sendMessage(dialogue, `${HEADER}x\r\n`)).toMatch(/^250/);
    }
  });

  test('a message that is refused for the last time is answered before the session ends', async () => {
    await using doors = await openDoors({ limits: { softErrors: 2, hardErrors: 2 } });
    const dialogue = await doors.connect('mx');
    expect(await sendMessage(dialogue, 'bad\r\n')).toMatch(/^550/);
    expect(await sendMessage(dialogue, 'bad\r\n')).toMatch(/^550/);
    await dialogue.expect(/^421[- ]4\.7\.0/);
    await dialogue.expectClose();
  });
});

describe('commands without mail', () => {
  test.each([
    ['NOOP', ['NOOP']],
    ['RSET', ['RSET']],
    ['MAIL and RSET', ['MAIL FROM:<a@victim.test>', 'RSET']],
    ['EHLO', ['EHLO x.test']],
    ['VRFY', ['VRFY x']],
  ])('%s for ever ends the session', async (_, commands) => {
    await using doors = await openDoors({ limits: { junkCommands: 10 } });
    const dialogue = await doors.connect('mx');
    // One EHLO was said already.
    for (let i = 0; i < 9; i++) await dialogue.ask(commands[i % commands.length] ?? '', /^25[02]/);
    await dialogue.ask(commands[9 % commands.length] ?? '', /^421[- ]4\.7\.0/);
    await dialogue.expectClose();
  });

  test('5,000 in one packet end the session too', async () => {
    await using doors = await openDoors();
    const dialogue = await doors.connect('mx');
    await dialogue.send('NOOP\r\n'.repeat(5_000));
    for (let i = 0; i < 99; i++) await dialogue.expect(/^250/);
    await dialogue.expect(/^421[- ]4\.7\.0/);
    await dialogue.expectClose();
  });
});

test('a session brings so many messages and no more', async () => {
  await using doors = await openDoors({ limits: { messagesPerSession: 2 } });
  const dialogue = await doors.connect('mx');
  for (let i = 0; i < 2; i++) expect(await sendMessage(dialogue, `${HEADER}x\r\n`)).toMatch(/^250/);
  await dialogue.ask('MAIL FROM:<a@victim.test>', /^421[- ]4\.7\.0/);
  await dialogue.expectClose();
});

describe('connections', () => {
  test('an address has so many at a time, on each door', async () => {
    await using doors = await openDoors({ door: { maxConnectionsPerAddress: 2 } });
    const first = await doors.connect('mx');
    await doors.connect('mx');
    const third = await doors.connect('mx', { greet: false });
    await third.expect(/^421[- ]4\.7\.0/);
    await third.expectClose();
    await doors.connect('submission');
    await first.ask('QUIT', /^221/);
    await first.expectClose();
    await waitFor('its place to be free', () => doors.connect('mx'));
  });

  test('all doors together have so many', async () => {
    await using doors = await openDoors({ limits: { connections: 2 } });
    await doors.connect('mx');
    await doors.connect('submission');
    const third = await doors.connect('mx', { greet: false });
    await third.expect(/^421/);
  });

  test('servers take four fifths of them and leave the rest to our own users', async () => {
    await using doors = await openDoors({ limits: { connections: 5 } });
    const first = await doors.connect('mx');
    for (let i = 0; i < 3; i++) await doors.connect('mx');
    const fifth = await doors.connect('mx', { greet: false });
    await fifth.expect(/^421[- ]4\.7\.0/);
    await doors.connect('submission');
    await first.ask('QUIT', /^221/);
    await first.expectClose();
    await waitFor('its place to be free', () => doors.connect('mx'));
  });

  test('a single one may be a server’s', async () => {
    await using doors = await openDoors({ limits: { connections: 1 } });
    await doors.connect('mx');
  });

  test('one that went on to TLS gives its place back', async () => {
    await using doors = await openDoors({ door: { maxConnectionsPerAddress: 1 } });
    for (const door of ['submission', 'submissions', 'mx'] as const) {
      for (let i = 0; i < 3; i++) {
        const dialogue = await waitFor('its place to be free', () => doors.connect(door));
        if (door === 'submission') await dialogue.startTls();
        await dialogue.ask('QUIT', /^221/);
        await dialogue.expectClose();
      }
    }
  });

  test('being turned away is an event', async () => {
    await using doors = await openDoors({ door: { maxConnectionsPerAddress: 0 } });
    const dialogue = await doors.connect('mx', { greet: false });
    await dialogue.expect(/^421/);
    expect(doors.eventsOf('refused')[0]).toMatchObject({
      door: 'mx',
      command: '',
      client: { address: '127.0.0.1' },
    });
  });
});

test('a flood of refusals does not flood the delivery log', async () => {
  await using doors = await openDoors({ limits: { softErrors: 1_000, hardErrors: 1_000 } });
  const dialogue = await doors.connect('mx');
  for (let i = 0; i < 200; i++) await dialogue.ask('FOO', /^500/);
  expect(doors.events.length).toBe(60);
});
