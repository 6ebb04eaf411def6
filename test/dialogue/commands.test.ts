/** The commands and their order, as RFC 5321 has them, and the ways in which clients get them wrong. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { beginMessage, type Doors, openDoors, sendMessage } from '../support/doors.ts';

let doors: Doors;
beforeAll(async () => {
  doors = await openDoors({ limits: { messageBytes: 1_048_576 }, door: { maxRecipients: 3 } });
});
afterAll(() => doors[Symbol.asyncDispose]());

const MAIL = 'MAIL FROM:<a@victim.test>';
const RCPT = 'RCPT TO:<siti@agency.example>';

test('the banner names us and no product', async () => {
  const dialogue = await doors.connect('mx', { greet: false });
  expect(await dialogue.expect(/^220 /)).toBe('220 mail.agency.example ESMTP');
});

test('EHLO offers what we do and nothing else', async () => {
  const dialogue = await doors.connect('mx');
  const offered = await dialogue.ask('EHLO x.test', /^250/);
  expect(offered.split('\n').map((line) => line.slice(4))).toEqual([
    'mail.agency.example',
    'PIPELINING',
    'SIZE 1048576',
    '8BITMIME',
    'ENHANCEDSTATUSCODES',
    'STARTTLS',
  ]);
});

test('HELO answers on one line', async () => {
  const dialogue = await doors.connect('mx');
  await dialogue.ask('HELO x.test', /^250 mail\.agency\.example$/);
});

describe('a command line', () => {
  const padded = (octets: number): string => 'NOOP '.padEnd(octets - 2, 'x');
  test.each([
    ['of 512 octets is taken', padded(512), /^250/],
    ['of 513 octets is taken', padded(513), /^250/],
    ['of 2,048 octets is taken', padded(2_048), /^250/],
    ['of 2,049 octets is refused', padded(2_049), /^500[- ]5\.5\.2/],
    ['of 16,385 octets is refused', padded(16_385), /^500[- ]5\.5\.2/],
  ])('%s', async (_, line, reply) => {
    const dialogue = await doors.connect('mx');
    await dialogue.ask(line, reply);
    if (reply.source.includes('500')) await dialogue.expectClose();
  });

  test('without end is cut off at the limit', async () => {
    const dialogue = await doors.connect('mx');
    await dialogue.send('x'.repeat(100_000));
    await dialogue.expect(/^500[- ]5\.5\.2/);
    await dialogue.expectClose();
  });

  test.each([
    ['NUL', 'NOOP \0'],
    ['a bare CR', 'NOOP a\rb'],
    ['an escape', 'NOOP \x1b[2J'],
  ])('with %s in it is refused', async (_, line) => {
    const dialogue = await doors.connect('mx');
    await dialogue.ask(line, /^501[- ]5\.5\.2/);
    await dialogue.ask('NOOP', /^250/);
  });

  test.each([
    ['empty', ''],
    ['of spaces', '   '],
    ['not UTF-8', '\xff\xfe\xfd'],
    ['an unknown word', 'FROBNICATE now'],
  ])('that is %s is not recognised, and the session goes on', async (_, line) => {
    const dialogue = await doors.connect('mx');
    await dialogue.ask(line, /^500[- ]5\.5\.2/);
    await dialogue.ask('NOOP', /^250/);
  });
});

test.each([
  ['an HTTP request', 'GET / HTTP/1.1\r\nHost: x\r\n\r\n'],
  ['an SSH banner', 'SSH-2.0-OpenSSH_9.2\r\n'],
  ['a TLS hello', '\x16\x03\x01\x02\x00\x01'],
])('%s closes the session', async (_, octets) => {
  const dialogue = await doors.connect('mx', { greet: false });
  await dialogue.expect(/^220/);
  await dialogue.send(octets);
  await dialogue.expect(/^421[- ]4\.7\.0/);
  await dialogue.expectClose();
});

test.each([
  ['301 octets', 'x'.repeat(301), /^501/],
  ['nothing', '', /^501/],
  ['an empty literal', '[]', /^501/],
  ['8-bit letters', 'caf\xe9.test', /^501/],
  ['a control character', 'x\x07.test', /^501/],
  ['two words', 'x.test y.test', /^501/],
  ['markup', '<b>x</b>', /^501/],
  ['a literal', '[192.0.2.9]', /^250/],
  ['a machine name', 'DESKTOP_7', /^250/],
])('EHLO with %s', async (_, name, reply) => {
  const dialogue = await doors.connect('mx');
  await dialogue.ask(`EHLO ${name}`, reply);
});

test.each([
  ['VRFY root', /^252 /],
  ['VRFY ali@agency.example', /^252 /],
  ['EXPN staff', /^502/],
  ['WIZ x', /^500/],
  ['SHELL', /^500/],
  ['KILL 1', /^500/],
  ['DEBUG', /^500/],
  ['TURN', /^502/],
  ['ETRN x', /^502/],
  ['BDAT 5 LAST', /^502/],
  ['HELP', /^214 /],
  ['AUTH PLAIN AGEAYg==', /^502/],
])('%s', async (line, reply) => {
  const dialogue = await doors.connect('mx');
  await dialogue.ask(line, reply);
});

test('VRFY says the same of a name that exists and of one that does not', async () => {
  const dialogue = await doors.connect('mx');
  const known = await dialogue.ask('VRFY ali@agency.example', /^252/);
  expect(await dialogue.ask('VRFY nobody@agency.example', /^252/)).toBe(known);
});

const PARAMETERS: readonly [string, RegExp][] = [
  ['SIZE=1000', /^250/],
  ['SIZE=1048576', /^250/],
  ['SIZE=1048577', /^552[- ]5\.3\.4/],
  ['SIZE=99999999999999999999999', /^501/],
  ['SIZE=-1', /^501/],
  ['SIZE=1e3', /^501/],
  ['SIZE', /^501/],
  ['SIZE=1 SIZE=2', /^501/],
  ['BODY=8BITMIME', /^250/],
  ['BODY=7bit SIZE=10', /^250/],
  ['BODY=BINARYMIME', /^501/],
  ['AUTH=<>', /^250/],
  ['AUTH=somebody@agency.example', /^250/],
  ['SMTPUTF8', /^555[- ]5\.5\.4/],
  ['RET=HDRS', /^555/],
  ['ENVID=a+0D+0Ab', /^555/],
  ['REQUIRETLS', /^555/],
  ['X=', /^501/],
];

test.each(PARAMETERS)('MAIL with %s', async (parameters, reply) => {
  const dialogue = await doors.connect('mx');
  await dialogue.ask(`${MAIL} ${parameters}`, reply);
});

test.each(['NOTIFY=NEVER', 'NOTIFY=NEVER,SUCCESS', 'ORCPT=rfc822;x@y.test'])(
  'RCPT with %s is refused',
  async (parameter) => {
    const dialogue = await doors.connect('mx');
    await dialogue.ask(MAIL, /^250/);
    await dialogue.ask(`${RCPT} ${parameter}`, /^555[- ]5\.5\.4/);
  },
);

test.each([
  ['a non-ASCII sender', 'MAIL FROM:<a\xc3\xa9@b.test>', /^553[- ]5\.6\.7/],
  ['a local part of 64', `MAIL FROM:<${'a'.repeat(64)}@b.test>`, /^250/],
  ['a local part of 65', `MAIL FROM:<${'a'.repeat(65)}@b.test>`, /^501/],
  ['a domain of 256', `MAIL FROM:<a@${'b'.repeat(60)}.${'c'.repeat(195)}>`, /^501/],
  ['a path of 300', `MAIL FROM:<${'a'.repeat(60)}@${'b.'.repeat(118)}test>`, /^501/],
  ['no brackets', 'MAIL FROM:a@b.test', /^501/],
  ['a quoted local part', 'MAIL FROM:<"a b"@c.test>', /^501/],
])('%s', async (_, line, reply) => {
  const dialogue = await doors.connect('mx');
  await dialogue.ask(line, reply);
  await dialogue.ask('NOOP', /^250/);
});

describe('order', () => {
  test.each([
    ['MAIL before EHLO', [], MAIL],
    ['RCPT before MAIL', ['EHLO x.test'], RCPT],
    ['DATA before MAIL', ['EHLO x.test'], 'DATA'],
    ['DATA before RCPT', ['EHLO x.test', MAIL], 'DATA'],
    ['MAIL within a transaction', ['EHLO x.test', MAIL], MAIL],
    ['RCPT after RSET', ['EHLO x.test', MAIL, RCPT, 'RSET'], RCPT],
    ['DATA after RSET', ['EHLO x.test', MAIL, RCPT, 'RSET'], 'DATA'],
    ['RCPT after a new EHLO', ['EHLO x.test', MAIL, 'EHLO x.test'], RCPT],
  ])('%s is 503', async (_, before, line) => {
    const dialogue = await doors.connect('mx', { greet: false });
    await dialogue.expect(/^220/);
    for (const earlier of before) await dialogue.ask(earlier, /^250/);
    await dialogue.ask(line, /^503[- ]5\.5\.1/);
  });

  test('a transaction is over after its message', async () => {
    const dialogue = await doors.connect('mx');
    await sendMessage(dialogue, 'Subject: x\r\n\r\nx\r\n');
    await dialogue.ask(RCPT, /^503/);
    await dialogue.ask(MAIL, /^250/);
  });
});

describe('recipients', () => {
  test('beyond the limit are 452, those before stand, and the session goes on', async () => {
    const dialogue = await doors.connect('mx');
    await dialogue.ask(MAIL, /^250/);
    for (const name of ['ali', 'siti', 'budi'])
      await dialogue.ask(`RCPT TO:<${name}@agency.example>`, /^250/);
    for (let i = 0; i < 30; i++) {
      await dialogue.ask('RCPT TO:<postmaster@agency.example>', /^452[- ]4\.5\.3/);
    }
    await dialogue.ask('DATA', /^354/);
    await dialogue.say('Subject: x', '', 'x', '.');
    await dialogue.expect(/^250/);
    expect(doors.spool.committed.at(-1)?.envelope.recipients).toHaveLength(3);
  });

  test('the same one a thousand times, in any case, is one copy', async () => {
    const dialogue = await doors.connect('mx');
    await dialogue.ask(MAIL, /^250/);
    for (let i = 0; i < 10; i++) {
      await dialogue.say(
        ...Array.from({ length: 100 }, (_, k) => `RCPT TO:<${k % 2 ? 'SITI' : 'siti'}@agency.example>`),
      );
      for (let k = 0; k < 100; k++) await dialogue.expect(/^250/);
    }
    await dialogue.ask('DATA', /^354/);
    await dialogue.say('Subject: x', '', 'x', '.');
    await dialogue.expect(/^250/);
    expect(doors.spool.committed.at(-1)?.envelope.recipients).toHaveLength(1);
  });
});

test('an 8-bit body is delivered as it is, declared or not', async () => {
  for (const parameter of ['', ' BODY=8BITMIME']) {
    const dialogue = await doors.connect('mx');
    await dialogue.ask(`${MAIL}${parameter}`, /^250/);
    await dialogue.ask(RCPT, /^250/);
    await dialogue.ask('DATA', /^354/);
    await dialogue.send('Subject: x\r\n\r\ncaf\xc3\xa9 \xff\xfe\r\n.\r\n');
    await dialogue.expect(/^250/);
    expect(doors.spool.committed.at(-1)?.content).toContain('\r\n\r\ncaf\xc3\xa9 \xff\xfe\r\n');
  }
});

test('the 250 carries the message id that is in the Received line and in the log', async () => {
  const dialogue = await doors.connect('mx');
  await beginMessage(dialogue);
  await dialogue.send('Subject: x\r\n\r\nx\r\n.\r\n');
  const [, id] = /^250 2\.6\.0 (m[0-9a-z]{17}) /.exec(await dialogue.expect(/^250/)) ?? [];
  const stored = doors.spool.committed.at(-1);
  expect(stored?.envelope.id).toBe(id);
  expect(stored?.content).toContain(` id ${id}\r\n`);
  expect(doors.eventsOf('accepted').filter((event) => event.id === id)).toHaveLength(1);
  expect(doors.submitted.filter((submitted) => submitted === id)).toHaveLength(1);
});

test('the size in the envelope is that of what was spooled', async () => {
  const stored = doors.spool.committed;
  expect(stored.length).toBeGreaterThan(0);
  for (const { envelope, content } of stored) expect(envelope.sizeBytes).toBe(content.length);
});

test('QUIT is answered and closes', async () => {
  const dialogue = await doors.connect('mx');
  await dialogue.ask('QUIT', /^221 2\.0\.0/);
  await dialogue.expectClose();
});
