/** What a header must be to pass, what we take out of it and what we put in. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Doors, openDoors, sendMessage } from '../support/doors.ts';

let doors: Doors;
beforeAll(async () => {
  doors = await openDoors({ limits: { softErrors: 1_000, hardErrors: 1_000 } });
});
afterAll(() => doors[Symbol.asyncDispose]());

async function fromOutside(content: string): Promise<string> {
  const dialogue = await doors.connect('mx');
  const reply = await sendMessage(dialogue, content, 's@victim.test');
  dialogue.destroy();
  return reply;
}

async function submitted(content: string): Promise<string> {
  const dialogue = await doors.logIn();
  const reply = await sendMessage(dialogue, content, 'ali@agency.example');
  dialogue.destroy();
  return reply;
}

function stored(): string {
  return doors.spool.committed.at(-1)?.content ?? '';
}

/** What was stored, without our Received field. */
function storedBelowReceived(): string {
  return stored().replace(/^Received: [^\r]*\r\n(?:\t[^\r]*\r\n)*/, '');
}

const MALFORMED = /^550-5\.6\.0 .*\n550 5\.6\.0 Message header is malformed$/;
const TOO_LARGE = /^552[- ]5\.3\.4/;
const OK = /^250/;
const field = (octets: number): string => `${'X: '.padEnd(octets - 2, 'y')}\r\n`;

const STRUCTURES: readonly [string, string, RegExp][] = [
  ['a line without colon', 'Subject: x\r\nno colon here\r\n\r\nx\r\n', MALFORMED],
  ['no header but text', 'hello\r\n', MALFORMED],
  ['a space before the colon', 'Subject : x\r\n\r\nx\r\n', MALFORMED],
  ['a first line that is folded', ' folded\r\nSubject: x\r\n\r\nx\r\n', MALFORMED],
  ['a line of spaces', 'Subject: x\r\n   \r\nTo: y\r\n\r\nx\r\n', MALFORMED],
  [
    'a mailbox line at the top',
    'From a@b.test Mon Nov 23 10:00:00 2026\r\nSubject: x\r\n\r\nx\r\n',
    MALFORMED,
  ],
  ['a mailbox line within', 'Subject: x\r\nFrom a@b.test Mon\r\n\r\nx\r\n', MALFORMED],
  ['an 8-bit field name', 'S\xfcbject: x\r\n\r\nx\r\n', MALFORMED],
  ['8-bit values', 'Subject: caf\xc3\xa9\r\n\r\nx\r\n', OK],
  ['no body', 'Subject: x\r\n', OK],
  ['an empty header', '\r\nbody\r\n', OK],
  [
    'two Date, Subject and To fields',
    'Date: a\r\nDate: b\r\nSubject: a\r\nSubject: b\r\nTo: a\r\nTo: b\r\n\r\nx\r\n',
    OK,
  ],
  ['102,400 octets', `${field(50_000).repeat(2)}${field(2_398)}\r\nx\r\n`, OK],
  ['102,401 octets', `${field(50_000).repeat(2)}${field(2_399)}\r\nx\r\n`, TOO_LARGE],
  ['102,401 octets and no end', `${field(50_000).repeat(2)}${field(3_000)}`, TOO_LARGE],
  ['1,000 lines', `${'X: y\r\n'.repeat(1_000)}\r\nx\r\n`, OK],
  ['1,001 lines', `${'X: y\r\n'.repeat(1_001)}\r\nx\r\n`, TOO_LARGE],
  ['20 Received fields', `${'Received: x\r\n'.repeat(20)}\r\nx\r\n`, OK],
  ['100 Received fields', `${'Received: x\r\n'.repeat(100)}\r\nx\r\n`, OK],
  ['101 Received fields', `${'Received: x\r\n'.repeat(101)}\r\nx\r\n`, /^554[- ]5\.4\.6/],
];

test.each(STRUCTURES)('a header with %s', async (_, content, reply) => {
  expect(await fromOutside(content)).toMatch(reply);
  expect(doors.spool.open).toBe(0);
});

test.each([
  ['998 octets passes', 998, OK],
  ['10,000 octets passes', 10_000, OK],
  ['100,000 octets passes', 100_000, OK],
  ['100,001 octets is refused', 100_001, /^550[- ]5\.6\.0/],
  ['1 MiB is refused', 1_048_576, /^550[- ]5\.6\.0/],
])('a line of %s, unbroken', async (_, octets, reply) => {
  const line = 'x'.repeat(octets);
  expect(await fromOutside(`Subject: x\r\n\r\n${line}\r\n`)).toMatch(reply);
  if (reply === OK) expect(stored().endsWith(`\r\n\r\n${line}\r\n`)).toBe(true);
});

const TAKEN_OUT = [
  'Authentication-Results: mail.agency.example; dkim=pass',
  'Authentication-Results: agency.example;\r\n\tdkim=pass\r\n\tspf=pass',
  'authentication-results: (c) mail.agency.example 1; none',
  'X-Spam-Status: No',
  'X-Spam: no',
  'X-Spam-Report:\r\n first\r\n second',
  'X-Virus-Scanned: clean',
  'X-Geganti-Verdict: clean',
  'X-Geganti-Policy: short-link',
  'Return-Path: <forged@victim.test>',
];

describe.each(['from outside', 'submitted'] as const)('%s', (way) => {
  const send = (content: string): Promise<string> =>
    way === 'submitted' ? submitted(content) : fromOutside(content);
  const REST = 'From: ali@agency.example\r\nDate: x\r\nMessage-ID: <1@x>\r\nSubject: s\r\n';

  test.each(TAKEN_OUT)('%j is taken out, and no octet else is changed', async (forged) => {
    expect(await send(`X-A: 1\r\n${forged}\r\n${REST}\r\nbody\r\n`)).toMatch(OK);
    expect(storedBelowReceived()).toBe(`X-A: 1\r\n${REST}\r\nbody\r\n`);
  });

  test('signatures, traces and odd spellings stay octet for octet', async () => {
    const content =
      `DKIM-Signature: v=1;\r\n\tb=abc\r\n  def\r\nReceived: from x\r\n by y; date\r\nDelivered-To: z@victim.test\r\n` +
      `ARC-Authentication-Results: i=1; x\r\n${REST}X-Odd:   \t spaced  \r\nsUBJECT: two\r\n\r\n  body \r\n\r\n`;
    expect(await send(content)).toMatch(OK);
    expect(storedBelowReceived()).toBe(content);
  });

  test('our Received field stands on top', async () => {
    await send(`${REST}\r\nbody\r\n`);
    const secure = way === 'submitted';
    const id = doors.spool.committed.at(-1)?.envelope.id;
    expect(stored().split('\r\nFrom:')[0]).toMatch(
      new RegExp(
        `^Received: from client\\.test \\(\\[127\\.0\\.0\\.1\\]\\)\\r\\n` +
          `\\tby mail\\.agency\\.example with ${secure ? 'ESMTPSA' : 'ESMTP'} id ${id}\\r\\n` +
          (secure
            ? `\\t\\(TLSv1\\.3 TLS_\\w+\\)\\r\\n\\t\\(authenticated as ali@agency\\.example\\)\\r\\n`
            : '') +
          `\\tfor <siti@agency\\.example>;\\r\\n\\t\\w{3}, \\d\\d \\w{3} \\d{4} \\d\\d:\\d\\d:\\d\\d \\+0000$`,
      ),
    );
  });
});

test('Received names no recipient when there are several', async () => {
  const dialogue = await doors.connect('mx');
  await dialogue.ask('MAIL FROM:<s@victim.test>', OK);
  await dialogue.ask('RCPT TO:<siti@agency.example>', OK);
  await dialogue.ask('RCPT TO:<ali@agency.example>', OK);
  await dialogue.ask('DATA', /^354/);
  await dialogue.say('Subject: x', '', 'x', '.');
  await dialogue.expect(OK);
  expect(stored()).not.toContain('\tfor <');
});

test('after HELO the protocol is SMTP', async () => {
  const dialogue = await doors.connect('mx');
  await dialogue.ask('HELO [192.0.2.9]', OK);
  await sendMessage(dialogue, 'Subject: x\r\n\r\nx\r\n', 's@victim.test');
  expect(stored()).toMatch(
    /^Received: from \[192\.0\.2\.9\] \(\[127\.0\.0\.1\]\)\r\n\tby mail\.agency\.example with SMTP id/,
  );
});

describe('a submitted message', () => {
  test('gets the Date and Message-ID that it lacks', async () => {
    await submitted('From: ali@agency.example\r\n\r\nx\r\n');
    const { envelope } = doors.spool.committed.at(-1) ?? {};
    expect(storedBelowReceived()).toMatch(
      /^Date: \w{3}, .* \+0000\r\nMessage-ID: <m\w{17}@mail\.agency\.example>\r\nFrom: ali/,
    );
    expect(envelope?.messageIdHeader).toBe(`<${envelope?.id}@mail.agency.example>`);
  });

  test('keeps those that it has', async () => {
    await submitted('Date: then\r\nMESSAGE-ID: <1@x>\r\nFrom: ali@agency.example\r\n\r\nx\r\n');
    expect(storedBelowReceived()).toBe(
      'Date: then\r\nMESSAGE-ID: <1@x>\r\nFrom: ali@agency.example\r\n\r\nx\r\n',
    );
    expect(doors.spool.committed.at(-1)?.envelope.messageIdHeader).toBe('<1@x>');
  });

  test.each([
    'Bcc: siti@agency.example',
    'bcc:\r\n siti@agency.example,\r\n\tx@y.test',
    'Resent-Bcc: x@y.test',
  ])('loses %j', async (bcc) => {
    await submitted(`Date: x\r\nMessage-ID: <1@x>\r\n${bcc}\r\nFrom: ali@agency.example\r\n\r\nx\r\n`);
    expect(storedBelowReceived()).toBe(
      'Date: x\r\nMessage-ID: <1@x>\r\nFrom: ali@agency.example\r\n\r\nx\r\n',
    );
  });

  test('keeps an encoded line end in its subject encoded', async () => {
    const subject = 'Subject: =?utf-8?Q?a=0D=0ABcc:_x@victim.test?=\r\n';
    await submitted(`${subject}From: ali@agency.example\r\n\r\nx\r\n`);
    expect(stored()).toContain(`\r\n${subject}`);
    expect(stored()).not.toMatch(/^Bcc:/m);
  });
});

test('a message from outside gets neither Date nor Message-ID, and keeps its Bcc', async () => {
  await fromOutside('Subject: x\r\nBcc: a@b.test\r\n\r\nx\r\n');
  expect(storedBelowReceived()).toBe('Subject: x\r\nBcc: a@b.test\r\n\r\nx\r\n');
  expect(doors.spool.committed.at(-1)?.envelope.messageIdHeader).toBeNull();
});

test('a message id with control characters and length is made harmless for the log', async () => {
  await fromOutside(`Message-ID: <../../\x1b[2J${'x'.repeat(2_000)}>\r\n\r\nx\r\n`);
  const header = doors.spool.committed.at(-1)?.envelope.messageIdHeader ?? '';
  expect(header).toHaveLength(998);
  expect(header).toMatch(/^<\.\.\/\.\.\/\?\[2Jx+$/);
});
