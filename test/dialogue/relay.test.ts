/** No open relay (promise P4): who may send to whom, seen from outside and by one of our users. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { beginMessage, type Doors, openDoors } from '../support/doors.ts';

let doors: Doors;
beforeAll(async () => {
  doors = await openDoors({ limits: { softErrors: 1_000, hardErrors: 1_000 } });
});
afterAll(() => doors[Symbol.asyncDispose]());

const DENIED = /^550[- ]5\.7\.1 /;
const SYNTAX = /^501[- ]5\.1\.3 /;
const UNKNOWN = /^550[- ]5\.1\.1 /;

const RECIPIENTS: readonly [string, string, RegExp][] = [
  ['an address elsewhere', '<u@victim.test>', DENIED],
  ['the percent hack at our domain', '<u%victim.test@agency.example>', DENIED],
  ['the percent hack without domain', '<u%victim.test>', SYNTAX],
  ['a quoted address without domain', '<"u@victim.test">', SYNTAX],
  ['a quoted percent hack without domain', '<"u%victim.test">', SYNTAX],
  ['a quoted address at our domain', '<"u@victim.test"@agency.example>', SYNTAX],
  ['a quoted percent hack at our domain', '<"u%victim.test"@agency.example>', SYNTAX],
  ['a bang path without domain', '<victim.test!u>', SYNTAX],
  ['a bang path at our domain', '<victim.test!u@agency.example>', DENIED],
  ['a source route through us', '<@agency.example:u@victim.test>', DENIED],
  ['a source route of two', '<@agency.example,@sister.example:u@victim.test>', DENIED],
  ['two at signs, ours last', '<u@victim.test@agency.example>', SYNTAX],
  ['two at signs, ours first', '<u@agency.example@victim.test>', SYNTAX],
  ['an IPv4 literal', '<u@[127.0.0.1]>', DENIED],
  ['an IPv6 literal', '<u@[IPv6:::1]>', DENIED],
  ['the percent hack at a literal', '<u%victim.test@[127.0.0.1]>', DENIED],
  ['our domain with a trailing dot', '<ali@agency.example.>', SYNTAX],
  ['a subdomain of ours', '<u@victim.test.agency.example>', DENIED],
  ['two addresses with a comma', '<ali@agency.example,v@victim.test>', SYNTAX],
  ['two addresses with a semicolon', '<ali@agency.example;v@victim.test>', SYNTAX],
  ['an address without brackets', 'u@victim.test', SYNTAX],
  ['doubled brackets', '<<u@victim.test>>', SYNTAX],
  ['text behind the bracket', '<u@victim.test>x', SYNTAX],
  ['an A-label elsewhere', '<u@xn--ygency-x4f.example>', DENIED],
  ['a domain with a Cyrillic letter', '<ali@\xd0\xb0gency.example>', /^553[- ]5\.6\.7 /],
  ['a domain in full-width letters', '<ali@\xef\xbd\x81gency.example>', /^553[- ]5\.6\.7 /],
  ['a percent-encoded domain', '<ali@%61gency.example>', SYNTAX],
  ['our domain with a path behind it', '<ali@agency.example/victim.test>', SYNTAX],
  ['a pipe', '<|/bin/sh@agency.example>', UNKNOWN],
  ['a command substitution', '<u$(id)@agency.example>', SYNTAX],
  ['a colon in the local part', '<u:v@agency.example>', SYNTAX],
  ['a path in the local part', '<../../x@agency.example>', SYNTAX],
  ['ORCPT with an address of ours', '<u@victim.test> ORCPT=rfc822;ali@agency.example', DENIED],
  ['the empty path', '<>', SYNTAX],
  ['nobody of ours', '<nobody@agency.example>', UNKNOWN],
];

const SENDERS = ['<s@victim.test>', '<>', '<x@partner.example>'];

describe.each(SENDERS)('P4: from outside as %s', (sender) => {
  test.each(RECIPIENTS)('%s is refused', async (_, recipient, reply) => {
    const dialogue = await doors.connect('mx');
    await dialogue.ask(`MAIL FROM:${sender}`, /^250/);
    await dialogue.ask(`RCPT TO:${recipient}`, reply);
    await dialogue.ask('DATA', /^503/);
  });
});

test.each(['<x@[127.0.0.1]>', '<x@localhost>', '<x>'])('the sender %s is refused', async (sender) => {
  const dialogue = await doors.connect('mx');
  await dialogue.ask(`MAIL FROM:${sender}`, /^501[- ]5\.1\.7/);
  await dialogue.ask('RCPT TO:<ali@agency.example>', /^503/);
});

test.each([
  ['of our domain', '<siti@agency.example>'],
  ['of our domain in capitals', '<SITI@Agency.EXAMPLE>'],
  ['of our domain whom nobody knows', '<nobody@agency.example>'],
  ['of our domain with a detail', '<siti+x@agency.example>'],
  ['of our domain behind a source route', '<@victim.test:siti@agency.example>'],
  ['of another agency of ours', '<ali@sister.example>'],
])('P4: a sender %s has to log in', async (_, sender) => {
  const dialogue = await doors.connect('mx');
  await dialogue.ask(
    `MAIL FROM:${sender}`,
    /^550-5\.7\.1 .*log masuk.*\n550 5\.7\.1 .*log in on the submission port/,
  );
  await dialogue.ask('RCPT TO:<ali@agency.example>', /^503/);
});

test('a sender of a subdomain that is not ours is one from outside', async () => {
  const dialogue = await doors.connect('mx');
  await dialogue.ask('MAIL FROM:<x@sub.agency.example>', /^250/);
});

const OURS: readonly [string, string, string][] = [
  ['our domain in capitals', '<ali@AGENCY.EXAMPLE>', 'ali@agency.example'],
  ['a source route to us', '<@victim.test:ali@agency.example>', 'ali@agency.example'],
  ['postmaster without domain', '<Postmaster>', 'postmaster@agency.example'],
  ['a name in another case', '<bUDI@agency.example>', 'bUDI@agency.example'],
  ['a space behind the colon', ' <ali@agency.example>', 'ali@agency.example'],
];

test.each(OURS)('%s is delivered to us', async (_, recipient, expected) => {
  const dialogue = await doors.connect('mx');
  await dialogue.ask('MAIL FROM:<s@victim.test>', /^250/);
  await dialogue.ask(`RCPT TO:${recipient}`, /^250 2\.1\.5/);
  await dialogue.ask('DATA', /^354/);
  await dialogue.say('Subject: x', '', 'x', '.');
  await dialogue.expect(/^250/);
  expect(doors.spool.committed.at(-1)?.envelope.recipients.map((to) => to.address)).toEqual([expected]);
});

test.each(['XCLIENT ADDR=127.0.0.1', 'XFORWARD ADDR=127.0.0.1', 'PROXY TCP4 127.0.0.1 127.0.0.1 1 25'])(
  '%s gives no right to relay',
  async (line) => {
    const dialogue = await doors.connect('mx');
    await dialogue.ask('EHLO agency.example', /^250/);
    await dialogue.ask(line, /^50[02]/);
    await dialogue.ask('MAIL FROM:<s@victim.test>', /^250/);
    await dialogue.ask('RCPT TO:<u@victim.test>', DENIED);
  },
);

describe('a user of ours', () => {
  test('is told that mail to other domains is not available yet', async () => {
    const dialogue = await doors.logIn();
    await dialogue.ask('MAIL FROM:<ali@agency.example>', /^250/);
    await dialogue.ask('RCPT TO:<u@victim.test>', /^550-5\.7\.1 .*\n550 5\.7\.1 Mail to other domains/);
  });

  test('learns that a recipient is disabled, a stranger does not', async () => {
    doors.directory.disabled.add('siti@agency.example');
    try {
      const dialogue = await doors.logIn();
      await dialogue.ask('MAIL FROM:<ali@agency.example>', /^250/);
      await dialogue.ask('RCPT TO:<siti@agency.example>', /^550[- ]5\.2\.1/);
      const stranger = await doors.connect('mx');
      await stranger.ask('MAIL FROM:<s@victim.test>', /^250/);
      await stranger.ask('RCPT TO:<siti@agency.example>', UNKNOWN);
    } finally {
      doors.directory.disabled.clear();
    }
  });
});

describe('a +detail', () => {
  test('from outside is taken off', async () => {
    const dialogue = await doors.connect('mx');
    await beginMessage(dialogue, 's@victim.test', 'ali+Sent@agency.example');
    await dialogue.say('Subject: x', '', 'x', '.');
    await dialogue.expect(/^250/);
    expect(doors.spool.committed.at(-1)?.envelope.recipients[0]?.address).toBe('ali@agency.example');
  });

  test.each([
    ['of one’s own is kept', 'ali+Sent@agency.example', 'ali+Sent@agency.example'],
    ['of somebody else is taken off', 'siti+Sent@agency.example', 'siti@agency.example'],
  ])('%s', async (_, recipient, expected) => {
    const dialogue = await doors.logIn();
    await beginMessage(dialogue, 'ali@agency.example', recipient);
    await dialogue.say('From: ali@agency.example', '', 'x', '.');
    await dialogue.expect(/^250/);
    expect(doors.spool.committed.at(-1)?.envelope.recipients[0]?.address).toBe(expected);
  });
});

test('refusals are events of the delivery log, with recipient and reply', async () => {
  await using quiet = await openDoors();
  const dialogue = await quiet.connect('mx');
  await dialogue.ask('MAIL FROM:<noted@victim.test>', /^250/);
  await dialogue.ask('RCPT TO:<u@victim.test>', DENIED);
  const [noted] = quiet.eventsOf('refused');
  expect(noted).toMatchObject({
    door: 'mx',
    id: null,
    command: 'RCPT',
    recipient: 'u@victim.test',
    login: null,
  });
  expect(noted?.reply).toMatch(/^550 5\.7\.1 .*Relaying denied$/);
});
