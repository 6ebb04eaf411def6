/** postmaster@ and abuse@ of each of our domains reach the administrators of its agency (RFC 5321 §4.5.1, RFC 2142). */
import { describe, expect, test } from 'vitest';
import type { Dialogue } from '../support/dialogue.ts';
import { type Doors, openDoors } from '../support/doors.ts';

const DOORS = ['mx', 'submission', 'submissions'] as const;
type DoorName = (typeof DOORS)[number];

const ALI = 'ali@agency.example';
const SITI = 'siti@agency.example';

/** A session in which MAIL was accepted. */
async function begin(doors: Doors, door: DoorName = 'mx'): Promise<Dialogue> {
  const dialogue = door === 'mx' ? await doors.connect('mx') : await doors.logIn(door);
  await dialogue.ask(`MAIL FROM:<${door === 'mx' ? 'a@victim.test' : ALI}>`, /^250/);
  return dialogue;
}

async function finish(doors: Doors, dialogue: Dialogue) {
  await dialogue.ask('DATA', /^354/);
  await dialogue.say(`From: ${ALI}`, 'Subject: x', '', 'x', '.');
  await dialogue.expect(/^250 2\.6\.0/);
  return doors.spool.committed.at(-1);
}

async function staffed(options: Parameters<typeof openDoors>[0] = {}): Promise<Doors> {
  const doors = await openDoors(options);
  doors.directory.administrators.set('agency.example', [ALI, SITI]);
  doors.directory.administrators.set('sister.example', ['ali@sister.example']);
  return doors;
}

describe.each(DOORS)('at %s', (door) => {
  test('abuse of a domain of ours reaches every administrator of its agency', async () => {
    await using doors = await staffed();
    const dialogue = await begin(doors, door);
    await dialogue.ask('RCPT TO:<Abuse@Agency.Example>', /^250 2\.1\.5/);
    const message = await finish(doors, dialogue);
    const original = 'Abuse@agency.example';
    expect(message?.envelope.recipients).toEqual([
      { address: ALI, userId: ALI, agencyId: 'agency.example', original },
      { address: SITI, userId: SITI, agencyId: 'agency.example', original },
    ]);
    expect(doors.eventsOf('accepted')[0]?.recipients).toEqual([
      { address: ALI, agencyId: 'agency.example' },
      { address: SITI, agencyId: 'agency.example' },
    ]);
  });

  test('with no administrator named the answer is temporary, in both languages', async () => {
    await using doors = await openDoors();
    const dialogue = await begin(doors, door);
    await dialogue.ask(
      'RCPT TO:<postmaster@sister.example>',
      /^450-4\.2\.1 Pentadbir .*\n450 4\.2\.1 No administrator of this domain is named yet, try later$/,
    );
    await dialogue.ask('DATA', /^503/);
    expect(doors.eventsOf('refused')[0]).toMatchObject({ door, recipient: 'postmaster@sister.example' });
  });
});

const GIVEN: readonly [string, string, string[]][] = [
  ['postmaster of another agency', '<postmaster@sister.example>', ['ali@sister.example']],
  ['in capitals', '<POSTMASTER@SISTER.EXAMPLE>', ['ali@sister.example']],
  ['with a detail', '<abuse+2026@agency.example>', [ALI, SITI]],
  ['with a mailbox of its own', '<postmaster@agency.example>', ['postmaster@agency.example']],
  ['without a domain', '<Postmaster>', ['postmaster@agency.example']],
];
test.each(GIVEN)('%s', async (_, path, expected) => {
  await using doors = await staffed();
  const dialogue = await begin(doors);
  await dialogue.ask(`RCPT TO:${path}`, /^250 2\.1\.5/);
  const message = await finish(doors, dialogue);
  expect(message?.envelope.recipients.map(({ address }) => address)).toEqual(expected);
});

test('a mailbox of its own that is disabled leaves it to the administrators', async () => {
  await using doors = await staffed();
  doors.directory.disabled.add('postmaster@agency.example');
  const dialogue = await begin(doors);
  await dialogue.ask('RCPT TO:<postmaster>', /^250/);
  const message = await finish(doors, dialogue);
  expect(message?.envelope.recipients.map(({ address }) => address)).toEqual([ALI, SITI]);
});

test.each(['<postmaster@victim.test>', '<abuse@sub.agency.example>', '<abuse%victim.test@agency.example>'])(
  'P4: %s is not ours',
  async (path) => {
    await using doors = await staffed();
    const dialogue = await begin(doors);
    await dialogue.ask(`RCPT TO:${path}`, /^550[- ]5\.7\.1/);
  },
);

test.each(['<postmasters@sister.example>', '<abuse.x@agency.example>', '<webmaster@agency.example>'])(
  '%s is nobody',
  async (path) => {
    await using doors = await staffed();
    const dialogue = await begin(doors);
    await dialogue.ask(`RCPT TO:${path}`, /^550[- ]5\.1\.1/);
  },
);

const TOGETHER: readonly [string, string[], [string, string | undefined][]][] = [
  [
    'an administrator given before',
    [SITI, 'abuse@agency.example'],
    [
      [SITI, undefined],
      [ALI, 'abuse@agency.example'],
    ],
  ],
  [
    'an administrator given after',
    ['abuse@agency.example', SITI],
    [
      [ALI, 'abuse@agency.example'],
      [SITI, undefined],
    ],
  ],
  [
    'all of them given before',
    [ALI, SITI, 'abuse@agency.example'],
    [
      [ALI, undefined],
      [SITI, undefined],
    ],
  ],
  [
    'the same twice',
    ['abuse@agency.example', 'ABUSE@agency.example'],
    [
      [ALI, 'abuse@agency.example'],
      [SITI, 'abuse@agency.example'],
    ],
  ],
];
test.each(TOGETHER)('nobody gets it twice: %s', async (_, given, expected) => {
  await using doors = await staffed();
  const dialogue = await begin(doors);
  for (const address of given) await dialogue.ask(`RCPT TO:<${address}>`, /^250/);
  const message = await finish(doors, dialogue);
  expect(message?.envelope.recipients.map(({ address, original }) => [address, original])).toEqual(expected);
});

test('it counts as one recipient, however many people it stands for', async () => {
  await using doors = await staffed({ door: { maxRecipients: 2 } });
  const dialogue = await begin(doors);
  await dialogue.ask('RCPT TO:<abuse@agency.example>', /^250/);
  await dialogue.ask('RCPT TO:<abuse@agency.example>', /^250/);
  await dialogue.ask('RCPT TO:<Budi@agency.example>', /^250/);
  await dialogue.ask('RCPT TO:<ali@sister.example>', /^452[- ]4\.5\.3/);
  expect((await finish(doors, dialogue))?.envelope.recipients).toHaveLength(3);
});

test('the Received line names what was given, and none of the people', async () => {
  await using doors = await staffed();
  const dialogue = await begin(doors);
  await dialogue.ask('RCPT TO:<abuse@agency.example>', /^250/);
  const content = (await finish(doors, dialogue))?.content ?? '';
  expect(content).toMatch(/^Received: [^;]*\r\n\tfor <abuse@agency\.example>;/);
  expect(content).not.toMatch(/^Received: [^;]*ali@/);
});

test('the log warns of a domain without administrators at most hourly', async () => {
  await using doors = await openDoors();
  const dialogue = await begin(doors);
  const ask = async (domain: string): Promise<string> =>
    dialogue.ask(`RCPT TO:<abuse@${domain}>`, /^450[- ]4\.2\.1/);
  for (let i = 0; i < 3; i++) await ask('agency.example');
  await ask('sister.example');
  expect(doors.warnings).toEqual([{ domain: 'agency.example' }, { domain: 'sister.example' }]);
  doors.pass(3_600_001);
  await ask('agency.example');
  expect(doors.warnings).toHaveLength(3);
});

test('asking for it is no abuse: the session goes on', async () => {
  await using doors = await openDoors({ limits: { softErrors: 1, hardErrors: 2 } });
  const dialogue = await begin(doors);
  for (let i = 0; i < 5; i++) await dialogue.ask('RCPT TO:<abuse@sister.example>', /^450/);
  await dialogue.ask(`RCPT TO:<${ALI}>`, /^250/);
});

test('P7: a directory that fails is a temporary error', async () => {
  await using doors = await staffed();
  const dialogue = await begin(doors);
  doors.directory.plan.ask = () => {
    throw new Error('inside');
  };
  await dialogue.ask('RCPT TO:<abuse@agency.example>', /^451-4\.3\.0 /);
});
