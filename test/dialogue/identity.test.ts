/** Nobody sends as somebody else: the envelope sender and the From header of those who log in. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Doors, openDoors, sendMessage } from '../support/doors.ts';

let doors: Doors;
beforeAll(async () => {
  doors = await openDoors();
});
afterAll(() => doors[Symbol.asyncDispose]());

const NOT_YOURS = /^553[- ]5\.7\.1/;

test.each([
  ['one’s own address', 'ali@agency.example', /^250/],
  ['one’s own address in capitals', 'ALI@Agency.Example', /^250/],
  ['a +detail of one’s own', 'ali+projek@agency.example', /^250/],
  ['a colleague', 'siti@agency.example', NOT_YOURS],
  ['a colleague’s +detail', 'siti+ali@agency.example', NOT_YOURS],
  ['the same name in a sister agency', 'ali@sister.example', NOT_YOURS],
  ['somebody outside', 'x@victim.test', NOT_YOURS],
  ['nobody', '', /^550[- ]5\.7\.1/],
])('the envelope sender may be %s: %s', async (_, sender, reply) => {
  const dialogue = await doors.logIn();
  await dialogue.ask(`MAIL FROM:<${sender}>`, reply);
});

test('who is disabled in mid-session may not send the next message', async () => {
  const dialogue = await doors.logIn();
  await sendMessage(dialogue, 'From: ali@agency.example\r\n\r\nx\r\n', 'ali@agency.example');
  doors.directory.disabled.add('ali@agency.example');
  try {
    await dialogue.ask('MAIL FROM:<ali@agency.example>', /^550[- ]5\.7\.1/);
    await dialogue.ask('MAIL FROM:<ali@agency.example>', /^530/);
  } finally {
    doors.directory.disabled.clear();
  }
});

const OK = /^250/;
const FOREIGN = /^550[- ]5\.7\.1/;
const MALFORMED = /^550[- ]5\.6\.0/;

const FROM: readonly [string, string, RegExp][] = [
  ['the address alone', 'From: ali@agency.example', OK],
  ['a name and the address', 'From: Ali bin Abu <ali@agency.example>', OK],
  ['a +detail of one’s own', 'From: ali+projek@agency.example', OK],
  ['another case', 'FROM: <ALI@AGENCY.EXAMPLE>', OK],
  ['a comment', 'From: ali@agency.example (Ali (bin) Abu)', OK],
  ['an encoded name', 'From: =?utf-8?B?QWxp?= <ali@agency.example>', OK],
  ['a folded second line', 'From: Ali\r\n <ali@agency.example>', OK],
  ['a look-alike in the name', 'From: "siti@agency.example" <ali@agency.example>', OK],
  ['somebody else', 'From: siti@agency.example', FOREIGN],
  ['the name in a sister agency', 'From: ali@sister.example', FOREIGN],
  ['somebody else in a folded line', 'From:\r\n siti@agency.example', FOREIGN],
  ['two mailboxes', 'From: ali@agency.example, siti@agency.example', FOREIGN],
  ['a group', 'From: team: ali@agency.example;', FOREIGN],
  ['an empty group', 'From: undisclosed:;', FOREIGN],
  ['none', 'Subject: x', MALFORMED],
  ['an empty one', 'From:', MALFORMED],
  ['two fields', 'From: ali@agency.example\r\nFrom: siti@agency.example', MALFORMED],
  ['two fields, in other capitals', 'From: ali@agency.example\r\nfrom: ali@agency.example', MALFORMED],
  ['an encoded address', 'From: =?utf-8?Q?siti=40agency.example?=', MALFORMED],
  ['two angle addresses', 'From: <siti@agency.example> <ali@agency.example>', MALFORMED],
  ['text behind the address', 'From: <ali@agency.example> x', MALFORMED],
  ['an unclosed comment', 'From: ali@agency.example (x', MALFORMED],
  ['a route', 'From: <@victim.test:ali@agency.example>', FOREIGN],
  ['spaces in the address', 'From: ali @ agency.example', MALFORMED],
  ['a space before the colon', 'From : ali@agency.example', MALFORMED],
  ['Sender of one’s own', 'From: ali@agency.example\r\nSender: Ali <ali@agency.example>', OK],
  ['Sender somebody else', 'From: ali@agency.example\r\nSender: siti@agency.example', FOREIGN],
  [
    'two Senders',
    'From: ali@agency.example\r\nSender: ali@agency.example\r\nSender: ali@agency.example',
    FOREIGN,
  ],
];

describe('the From header of a submitted message', () => {
  test.each(FROM)('with %s', async (_, header, reply) => {
    const before = doors.spool.committed.length;
    const dialogue = await doors.logIn();
    expect(await sendMessage(dialogue, `${header}\r\n\r\nx\r\n`, 'ali@agency.example')).toMatch(reply);
    expect(doors.spool.committed.length - before).toBe(reply === OK ? 1 : 0);
    expect(doors.spool.open).toBe(0);
  });
});

describe('the From header of a message from outside', () => {
  test('may be missing', async () => {
    const dialogue = await doors.connect('mx');
    expect(await sendMessage(dialogue, 'Subject: x\r\n\r\nx\r\n', 's@victim.test')).toMatch(OK);
  });
  test('may not be there twice', async () => {
    const dialogue = await doors.connect('mx');
    const content = 'From: a@victim.test\r\nFrom: b@victim.test\r\n\r\nx\r\n';
    expect(await sendMessage(dialogue, content, 's@victim.test')).toMatch(MALFORMED);
  });

  const CLAIMS: readonly [string, string, boolean][] = [
    ['an address of ours', 'From: siti@agency.example', true],
    ['an address of ours in capitals', 'FROM: SITI@Agency.EXAMPLE', true],
    ['an address of ours with a name', 'From: "Siti" <siti@agency.example>', true],
    ['an address of ours that nobody has', 'From: nobody@agency.example', true],
    ['an address of another agency of ours', 'From: ali@sister.example', true],
    ['an address of ours in a folded line', 'From: x\r\n <siti@agency.example>', true],
    ['an address of ours behind one from outside', 'From: a@victim.test, siti@agency.example', true],
    ['an address of ours in the name only', 'From: "siti@agency.example" <a@victim.test>', false],
    ['an address of ours in a comment only', 'From: a@victim.test (siti@agency.example)', false],
    ['an address of a subdomain', 'From: a@sub.agency.example', false],
    ['an address from outside', 'From: a@victim.test', false],
    ['an address of ours as Sender only', 'From: a@victim.test\r\nSender: siti@agency.example', false],
    ['what cannot be read but has an address of ours', 'From: <siti@agency.example> x', true],
    ['a group that has an address of ours', 'From: Team: siti @ agency.example;', true],
    ['what cannot be read and has none of ours', 'From: <a@victim.test> x', false],
    ['no From', 'Subject: x', false],
  ];
  test.each(CLAIMS)('P4: with %s', async (_, header, claims) => {
    const dialogue = await doors.connect('mx');
    expect(await sendMessage(dialogue, `${header}\r\n\r\nx\r\n`, 's@victim.test')).toMatch(OK);
    expect(doors.spool.committed.at(-1)?.envelope.claimsOurDomain).toBe(claims);
  });
  test('P4: of a bounce that is none claims to be ours too', async () => {
    const dialogue = await doors.connect('mx');
    await sendMessage(dialogue, 'From: siti@agency.example\r\n\r\nx\r\n', '');
    expect(doors.spool.committed.at(-1)?.envelope).toMatchObject({ sender: null, claimsOurDomain: true });
  });
});

test('what a user sends under the own name is no claim', async () => {
  const dialogue = await doors.logIn();
  await sendMessage(dialogue, 'From: ali@agency.example\r\n\r\nx\r\n', 'ali@agency.example');
  expect(doors.spool.committed.at(-1)?.envelope.claimsOurDomain).toBe(false);
});
