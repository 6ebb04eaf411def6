/** The content rules at the doors: what is refused at the end of DATA and how, what passes, and what is noted of it. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { beginMessage, type Doors, openDoors, sendMessage } from '../support/doors.ts';

const LINK = 'https://www.dropbox.com/s/abc/x.zip';
const MB = 1_048_576;

let doors: Doors;
beforeAll(async () => {
  doors = await openDoors({ limits: { softErrors: 10_000, hardErrors: 10_000 } });
});
afterAll(() => doors[Symbol.asyncDispose]());

type Door = 'mx' | 'submission' | 'submissions';
const DOORS: readonly Door[] = ['mx', 'submission', 'submissions'];

function lines(...all: string[]): string {
  return all.map((line) => `${line}\r\n`).join('');
}

const TOP = ['From: ali@agency.example', 'MIME-Version: 1.0'];

function beside(header: string[], body: string): string {
  return lines(
    ...TOP,
    'Content-Type: multipart/mixed; boundary=b',
    '',
    '--b',
    '',
    'A letter.',
    '--b',
    ...header,
    'Content-Transfer-Encoding: base64',
    '',
    base64(Buffer.from(body, 'latin1')),
    '--b--',
  );
}

function base64(octets: Buffer): string {
  return octets.toString('base64').replace(/.{76}/g, '$&\r\n');
}

function file(name: string): string[] {
  return ['Content-Type: application/octet-stream', `Content-Disposition: attachment; filename="${name}"`];
}

async function send(door: Door, content: string): Promise<string> {
  const dialogue = door === 'mx' ? await doors.connect('mx') : await doors.logIn(door);
  const sender = door === 'mx' ? 'wong@partner.example' : 'ali@agency.example';
  const reply = await sendMessage(
    dialogue,
    content.replace('ali@', door === 'mx' ? 'wong@' : 'ali@'),
    sender,
  );
  dialogue.destroy();
  return reply;
}

const RULES: readonly [string, string, RegExp, string, string][] = [
  [
    'attachment-size',
    'attachments of more than 10 MB',
    /^552-5\.3\.4 .*10\.1 MB.*10 MB.*Big Mail Transfer\n552 5\.3\.4 .*10\.1 MB.*10 MB.*Big Mail Transfer$/,
    beside(file('x.dat'), '\x01'.repeat(10 * MB + 1)),
    beside(file('x.dat'), '\x01'.repeat(10 * MB)),
  ],
  [
    'external-storage',
    'a link to external storage',
    /^550-5\.7\.1 .*dropbox\[\.\]com.*\n550 5\.7\.1 .*hxxps:\/\/www\[\.\]dropbox\[\.\]com\/s\/abc/,
    lines(...TOP, '', `See ${LINK}`),
    lines(...TOP, '', 'See dropbox.com, or rather do not.'),
  ],
  [
    'structure',
    'a structure with two readings',
    /^550-5\.6\.0 .*\n550 5\.6\.0 .*two ways/,
    lines(...TOP, 'Content-Type: text/plain', 'Content-Type: text/html', '', 'x'),
    lines(...TOP, 'Content-Type: text/plain', '', 'x'),
  ],
  [
    'too-complex',
    'too many parts',
    /^550-5\.6\.0 .*\n550 5\.6\.0 .*too complex/,
    lines(...TOP, 'Content-Type: multipart/mixed; boundary=b', '') + '--b\r\n\r\nx\r\n'.repeat(1_001),
    lines(...TOP, 'Content-Type: multipart/mixed; boundary=b', '') + '--b\r\n\r\nx\r\n'.repeat(900),
  ],
  [
    'dangerous-attachment',
    'a program',
    /^554-5\.7\.1 .*setup\.exe.*\n554 5\.7\.1 .*setup\.exe/,
    beside(file('setup.exe'), 'x'),
    beside(file('setup.dat'), 'x'),
  ],
];

for (const door of DOORS) {
  describe(`at ${door}`, () => {
    test.each(RULES)('%s: %s is refused, and nothing of it is kept', async (reason, _, reply, bad) => {
      const before = doors.spool.committed.length;
      const refusals = doors.eventsOf('refused').length;
      expect(await send(door, bad)).toMatch(reply);
      expect(doors.spool.committed).toHaveLength(before);
      expect(doors.spool.open).toBe(0);
      expect(doors.eventsOf('refused').slice(refusals)).toEqual([
        expect.objectContaining({
          door,
          command: 'DATA',
          recipients: [{ address: 'siti@agency.example', agencyId: 'agency.example' }],
          reasons: [reason],
          findings: [expect.objectContaining({ reason, action: 'refuse' })],
        }),
      ]);
    });

    test.each(RULES)('%s: the clean twin passes', async (_, __, ___, ____, clean) => {
      expect(await send(door, clean)).toMatch(/^250/);
      expect(doors.spool.committed.at(-1)?.envelope.inspection).toEqual({
        findings: [],
        unopened: false,
        agencies: ['agency.example'],
      });
    });
  });
}

test('a shortened link is refused from our users, and from outside only noted', async () => {
  const message = lines(...TOP, '', 'See https://bit.ly/abc');
  expect(await send('submission', message)).toMatch(/^550-5\.7\.1 .*bit\[\.\]ly/);
  expect(await send('mx', message)).toMatch(/^250/);
  expect(doors.spool.committed.at(-1)?.envelope.inspection?.findings).toMatchObject([
    { reason: 'short-link', action: 'observe', part: '1' },
  ]);
});

test.each([
  ['unopened-archive', 'quarantine', beside(file('x.rar'), 'Rar!\x1a\x07\x00xyz')],
  [
    'sealed',
    'observe',
    lines(
      ...TOP,
      'Content-Type: application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m',
      'Content-Transfer-Encoding: base64',
      '',
      'MIAGCSqGSIb3DQEHA6CA',
    ),
  ],
] as const)('%s is left to the worker, by the envelope: %s', async (reason, action, message) => {
  expect(await send('mx', message)).toMatch(/^250/);
  expect(doors.spool.committed.at(-1)?.envelope.inspection).toMatchObject({
    findings: [{ reason, action }],
    unopened: false,
  });
});

test('of what must be opened the envelope says so', async () => {
  expect(await send('mx', beside(file('x.zip'), 'PK\x03\x04xyz'))).toMatch(/^250/);
  expect(doors.spool.committed.at(-1)?.envelope.inspection).toMatchObject({ findings: [], unopened: true });
});

test('of several reasons the heaviest is answered, and all are noted', async () => {
  expect(await send('mx', beside(file('setup.exe'), 'x').replace('A letter.', LINK))).toMatch(/^554-/);
  expect(doors.eventsOf('refused').at(-1)?.reasons).toEqual(['dangerous-attachment', 'external-storage']);
});

test('once the attachments are above the limit the spool holds nothing of the message', async () => {
  const dialogue = await doors.connect('mx');
  await beginMessage(dialogue);
  const message = beside(file('x.dat'), '\x01'.repeat(11 * MB));
  await dialogue.send(message.slice(0, -1_000));
  await expect.poll(() => doors.spool.open).toBe(0);
  await dialogue.send(`${message.slice(-1_000)}.\r\n`);
  await dialogue.expect(/^552-5\.3\.4 .*11 MB/);
  await dialogue.ask('NOOP', /^250/);
});

test('a message that was too large while it came, and is not any more at its end, is asked for again', async () => {
  await using live = await openDoors();
  const { current } = live.settings;
  live.settings.reload({ ...current, policy: { ...current.policy, attachmentBytes: 100_000 } });
  const dialogue = await live.connect('mx');
  await beginMessage(dialogue);
  const message = beside(file('x.dat'), '\x01'.repeat(200_000));
  await dialogue.send(message.slice(0, -1_000));
  await expect.poll(() => live.spool.open).toBe(0);
  live.settings.reload({ ...current, policy: { ...current.policy, attachmentBytes: 300_000 } });
  await dialogue.send(`${message.slice(-1_000)}.\r\n`);
  await dialogue.expect(/^451/);
  expect(await sendMessage(dialogue, message)).toMatch(/^250/);
});

test('where the octets are cut does not matter', async () => {
  const dialogue = await doors.connect('mx');
  await beginMessage(dialogue);
  const page = `<a href="${LINK}">x</a>`;
  await dialogue.drip(
    `${lines('Content-Type: text/html', 'Content-Transfer-Encoding: base64', '', base64(Buffer.from(page)))}.\r\n`,
  );
  await dialogue.expect(/^550-5\.7\.1/);
});

test('a field that goes out at the door is not judged; a line of ours does not make a header too large', async () => {
  const full = `${'X: y\r\n'.repeat(999)}X-Spam-Report: ${LINK}\r\n\r\nx\r\n`;
  expect(await send('mx', full)).toMatch(/^250/);
  expect(doors.spool.committed.at(-1)?.envelope.inspection?.findings).toEqual([]);
});

test('a user of ours may send what is refused fifty times; a stranger may not', async () => {
  await using strict = await openDoors();
  const bad = lines(...TOP, '', LINK);
  const user = await strict.logIn();
  for (let i = 0; i < 50; i++) expect(await sendMessage(user, bad, 'ali@agency.example')).toMatch(/^550/);
  expect(strict.delays).toEqual([]);
  const { hardErrors } = strict.settings.current.limits;
  const stranger = await strict.connect('mx');
  for (let i = 0; i < hardErrors; i++) expect(await sendMessage(stranger, bad)).toMatch(/^550/);
  await stranger.expect(/^421/);
  await stranger.expectClose();
});

test('with the directory away the message waits at its sender', async () => {
  await using away = await openDoors({
    agencies: {
      codesOf: async () => {
        throw new Error('away');
      },
    },
  });
  const dialogue = await away.connect('mx');
  await dialogue.ask('MAIL FROM:<wong@partner.example>', /^250/);
  await dialogue.ask('RCPT TO:<siti@agency.example>', /^250/);
  await dialogue.ask('DATA', /^451/);
  await dialogue.ask('NOOP', /^250/);
});

test('the rules follow a reload', async () => {
  await using live = await openDoors();
  const dialogue = await live.connect('mx');
  const bad = lines(...TOP, '', LINK);
  expect(await sendMessage(dialogue, bad)).toMatch(/^550/);
  const { current } = live.settings;
  const observe = { in: 'observe', out: 'observe', within: 'observe' } as const;
  const modes = { ...current.policy.modes, 'external-storage': observe };
  live.settings.reload({ ...current, policy: { ...current.policy, modes } });
  expect(await sendMessage(dialogue, bad)).toMatch(/^250/);
  expect(live.spool.committed[0]?.envelope.inspection?.findings).toMatchObject([
    { reason: 'external-storage', action: 'observe' },
  ]);
});
