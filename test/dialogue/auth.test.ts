/** Logging in: only under TLS, only as oneself, and not by guessing. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Dialogue } from '../support/dialogue.ts';
import { base64, type Doors, openDoors, plainToken } from '../support/doors.ts';
import { PASSWORD } from '../support/fixed-directory.ts';

const ALI = 'ali@agency.example';
const BUDGETS = { authFailuresPerAddress: 1_000, authFailuresPerUser: 1_000 };

let doors: Doors;
beforeAll(async () => {
  doors = await openDoors({ limits: BUDGETS });
});
afterAll(() => doors[Symbol.asyncDispose]());

async function secured(on: Doors = doors): Promise<Dialogue> {
  const dialogue = await on.connect('submission');
  await dialogue.startTls();
  await dialogue.ask('EHLO client.test', /^250/);
  return dialogue;
}

test('AUTH is not offered in clear, and its password is not read', async () => {
  const dialogue = await doors.connect('submission');
  const tried = doors.directory.tried.length;
  expect(await dialogue.ask('EHLO x.test', /^250/)).not.toContain('AUTH');
  await dialogue.ask(`AUTH PLAIN ${plainToken(ALI, PASSWORD)}`, /^538[- ]5\.7\.11/);
  expect(doors.directory.tried.length).toBe(tried);
});

test('AUTH is offered under TLS, and no more after it', async () => {
  const dialogue = await secured();
  expect(await dialogue.ask('EHLO x.test', /^250/)).toMatch(/^250.AUTH PLAIN LOGIN$/m);
  await dialogue.ask(`AUTH PLAIN ${plainToken(ALI, PASSWORD)}`, /^235 2\.7\.0/);
  expect(await dialogue.ask('EHLO x.test', /^250/)).not.toContain('AUTH');
});

test.each(['MAIL FROM:<ali@agency.example>', 'RCPT TO:<siti@agency.example>'])(
  '%s needs a login on submission',
  async (line) => {
    const dialogue = await secured();
    await dialogue.ask(line, /^530[- ]5\.7\.0/);
  },
);

describe('the ways to log in', () => {
  test('PLAIN in two lines', async () => {
    const dialogue = await secured();
    await dialogue.ask('AUTH PLAIN', /^334 $/);
    await dialogue.ask(plainToken(ALI, PASSWORD), /^235/);
  });
  test('LOGIN', async () => {
    const dialogue = await secured();
    await dialogue.ask('AUTH LOGIN', /^334 VXNlcm5hbWU6$/);
    await dialogue.ask(base64(ALI), /^334 UGFzc3dvcmQ6$/);
    await dialogue.ask(base64(PASSWORD), /^235/);
  });
  test('LOGIN with the name at once', async () => {
    const dialogue = await secured();
    await dialogue.ask(`AUTH login ${base64(ALI)}`, /^334 UGFzc3dvcmQ6$/);
    await dialogue.ask(base64(PASSWORD), /^235/);
  });
  test('PLAIN on behalf of oneself', async () => {
    const dialogue = await secured();
    await dialogue.ask(`AUTH PLAIN ${plainToken(ALI, PASSWORD, ALI)}`, /^235/);
  });
});

test.each([
  ['PLAIN on behalf of somebody else', `PLAIN ${plainToken(ALI, PASSWORD, 'siti@agency.example')}`, /^535/],
  ['NUL within the name', `PLAIN ${base64(`\0al\0i\0${PASSWORD}`)}`, /^501/],
  ['an empty name', `PLAIN ${plainToken('', PASSWORD)}`, /^501/],
  ['an empty password', `PLAIN ${plainToken(ALI, '')}`, /^501/],
  ['12 kB of name', `PLAIN ${plainToken('x'.repeat(8_000), PASSWORD)}`, /^501/],
  ['what is not base64', 'PLAIN !!!!', /^501/],
  ['base64 with something behind it', `PLAIN ${plainToken(ALI, PASSWORD)}=`, /^501/],
  ['a password of one octet', `PLAIN ${plainToken(ALI, 'x')}`, /^535/],
  ['an unknown mechanism', 'CRAM-MD5', /^504/],
  ['XCLIENT as a mechanism', 'XCLIENT ali', /^504/],
  ['no mechanism', '', /^501/],
  ['too many words', `PLAIN ${plainToken(ALI, PASSWORD)} x`, /^501/],
])('AUTH with %s', async (_, argument, reply) => {
  const dialogue = await secured();
  await dialogue.ask(`AUTH ${argument}`, reply);
  await dialogue.ask('MAIL FROM:<ali@agency.example>', /^530/);
});

test('a login can be broken off', async () => {
  const dialogue = await secured();
  await dialogue.ask('AUTH LOGIN', /^334/);
  await dialogue.ask('*', /^501/);
  await dialogue.ask(`AUTH PLAIN ${plainToken(ALI, PASSWORD)}`, /^235/);
});

test('a second login is refused, and one within a transaction', async () => {
  const dialogue = await secured();
  await dialogue.ask(`AUTH PLAIN ${plainToken(ALI, PASSWORD)}`, /^235/);
  await dialogue.ask(`AUTH PLAIN ${plainToken('siti@agency.example', PASSWORD)}`, /^503/);
  await dialogue.ask('MAIL FROM:<ali@agency.example>', /^250/);
  await dialogue.ask(`AUTH PLAIN ${plainToken(ALI, PASSWORD)}`, /^503/);
});

test('an unknown name, a wrong password and a disabled user get the same text', async () => {
  doors.directory.disabled.add('siti@agency.example');
  const dialogue = await secured();
  const wrong = await dialogue.ask(`AUTH PLAIN ${plainToken(ALI, 'x')}`, /^535[- ]5\.7\.8/);
  expect(await dialogue.ask(`AUTH PLAIN ${plainToken('nobody@victim.test', 'x')}`, /^535/)).toBe(wrong);
  const other = await secured();
  expect(await other.ask(`AUTH PLAIN ${plainToken('siti@agency.example', PASSWORD)}`, /^535/)).toBe(wrong);
  doors.directory.disabled.clear();
});

describe('guessing', () => {
  const guess = `AUTH PLAIN ${plainToken(ALI, 'guess')}`;
  const right = `AUTH PLAIN ${plainToken(ALI, PASSWORD)}`;

  test('three failures in a session are all it gets', async () => {
    const dialogue = await secured();
    for (let i = 0; i < 3; i++) await dialogue.ask(guess, /^535/);
    await dialogue.ask(right, /^421[- ]4\.7\.0/);
    await dialogue.expectClose();
  });

  test('the answers come ever later, and each failure is an event without its password', async () => {
    await using own = await openDoors({ limits: BUDGETS });
    const dialogue = await secured(own);
    for (let i = 0; i < 3; i++) await dialogue.ask(guess, /^535/);
    expect(own.delays).toEqual([250, 500, 750]);
    expect(own.eventsOf('login-failed').map((event) => event.name)).toEqual([ALI, ALI, ALI]);
    expect(JSON.stringify(own.events)).not.toContain('guess');
  });

  test('an address that failed too often has to wait, whatever it knows', async () => {
    await using own = await openDoors({ limits: { authFailuresPerAddress: 2, authFailuresPerUser: 100 } });
    const dialogue = await secured(own);
    for (let i = 0; i < 2; i++)
      await dialogue.ask(`AUTH PLAIN ${plainToken(`u${i}@agency.example`, 'x')}`, /^535/);
    await dialogue.ask(right, /^454[- ]4\.7\.0/);
    const other = await secured(own);
    await other.ask(right, /^454/);
  });

  test('a name that was guessed at too often is closed to strangers, but not where its user is known', async () => {
    await using own = await openDoors({ limits: { authFailuresPerAddress: 100, authFailuresPerUser: 2 } });
    await (await secured(own)).ask(`AUTH PLAIN ${plainToken('siti@agency.example', PASSWORD)}`, /^235/);
    const guesser = await secured(own);
    for (const name of [ALI, 'siti@agency.example']) {
      const session = await secured(own);
      for (let i = 0; i < 2; i++) await session.ask(`AUTH PLAIN ${plainToken(name, 'x')}`, /^535/);
    }
    await guesser.ask(right, /^454/);
    await guesser.ask(`AUTH PLAIN ${plainToken('siti@agency.example', PASSWORD)}`, /^235/);
  });
});
