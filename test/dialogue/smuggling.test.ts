/** Where a message ends, and that nothing within one is ever read as a second message. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Dialogue } from '../support/dialogue.ts';
import { beginMessage, type Doors, openDoors } from '../support/doors.ts';

const HEADER = 'From: ali@agency.example\r\nSubject: first\r\n\r\n';
const SECOND =
  'MAIL FROM:<evil@victim.test>\r\nRCPT TO:<siti@agency.example>\r\nDATA\r\nFrom: e@victim.test\r\n\r\nsmuggled\r\n.\r\n';

let doors: Doors;
beforeAll(async () => {
  doors = await openDoors();
});
afterAll(() => doors[Symbol.asyncDispose]());

type Write = 'in one packet' | 'one octet per packet';

async function write(dialogue: Dialogue, octets: string, how: Write): Promise<void> {
  if (how === 'in one packet') await dialogue.send(octets);
  else await dialogue.drip(octets);
}

const LF = /^550[- ]5\.6\.0 .*LF.*\n550 5\.6\.0 .*bare LF$/;
const CR = /^550[- ]5\.6\.0 .*CR.*\n550 5\.6\.0 .*bare CR$/;
const NUL = /^550[- ]5\.6\.0 .*NUL/;

/** What stands between the body and the text that would be a second message. */
const NOT_AN_END: readonly [string, string, RegExp][] = [
  ['LF . LF', 'body\n.\n', LF],
  ['LF . CR LF', 'body\n.\r\n', LF],
  ['CR . CR', 'body\r.\r', CR],
  ['CR . CR LF', 'body\r.\r\n', CR],
  ['CR LF . LF', 'body\r\n.\n', LF],
  ['CR LF . CR', 'body\r\n.\r', CR],
  ['LF . CR', 'body\n.\r', LF],
  ['CR . LF', 'body\r.\n', CR],
  ['CR LF . CR CR LF', 'body\r\n.\r\r\n', CR],
  ['CR LF NUL . CR LF', 'body\r\n\0.\r\n', NUL],
];

const CASES: readonly ['mx' | 'submission', Write][] = [
  ['mx', 'in one packet'],
  ['mx', 'one octet per packet'],
  ['submission', 'in one packet'],
  ['submission', 'one octet per packet'],
];

describe.each(CASES)('on %s, %s', (door, how) => {
  const sender = door === 'mx' ? 'wong@partner.example' : 'ali@agency.example';
  const open = (): Promise<Dialogue> => (door === 'mx' ? doors.connect('mx') : doors.logIn());

  test.each(NOT_AN_END)('%s does not end a message, and refuses it', async (_, stray, reply) => {
    const before = doors.spool.committed.length;
    const dialogue = await open();
    await beginMessage(dialogue, sender);
    await write(dialogue, `${HEADER}${stray}${SECOND}`, how);
    await dialogue.expect(reply);
    await dialogue.ask('NOOP', /^250 /);
    expect(doors.spool.committed.length).toBe(before);
    expect(doors.spool.open).toBe(0);
  });

  test('CR CR LF . CR LF is an end; the stray CR refuses the message, what follows are commands', async () => {
    const dialogue = await open();
    await beginMessage(dialogue, sender);
    await write(dialogue, `${HEADER}body\r\r\n.\r\nNOOP\r\n`, how);
    await dialogue.expect(CR);
    await dialogue.expect(/^250 2\.0\.0/);
  });

  test('NUL in the header refuses the message', async () => {
    const dialogue = await open();
    await beginMessage(dialogue, sender);
    await write(dialogue, 'From: ali@agency.example\r\nSubject: a\0b\r\n\r\nbody\r\n.\r\n', how);
    await dialogue.expect(NUL);
  });

  test('a dot and a space on a line are content and no end', async () => {
    const content = await accepted(await open(), `${HEADER}a\r\n. \r\nb\r\n`, how);
    expect(content).toContain('\r\n\r\na\r\n. \r\nb\r\n');
  });

  test('lines of dots, stuffed, arrive octet for octet', async () => {
    const content = await accepted(await open(), `${HEADER}..\r\n...\r\n....x\r\n..x\r\nx.\r\n`, how);
    expect(content).toMatch(/\r\n\r\n\.\r\n\.\.\r\n\.\.\.x\r\n\.x\r\nx\.\r\n$/);
  });

  async function accepted(dialogue: Dialogue, stuffed: string, write_: Write): Promise<string> {
    await beginMessage(dialogue, sender);
    await write(dialogue, `${stuffed}.\r\n`, write_);
    await dialogue.expect(/^250 2\.6\.0 m/);
    return doors.spool.committed.at(-1)?.content ?? '';
  }
});

test('a first line of two dots in a packet of its own is the line "." and no end', async () => {
  const dialogue = await doors.connect('mx');
  await beginMessage(dialogue);
  const before = doors.spool.committed.length;
  await dialogue.send('..');
  await dialogue.send('\r\n');
  await dialogue.send('NOOP\r\n.\r\n');
  // "." is no header line either: the message ends at its real end and is malformed.
  await dialogue.expect(/^550[- ]5\.6\.0/);
  expect(doors.spool.committed.length).toBe(before);
});

test('CR LF, dot, and CR LF in three packets are the end', async () => {
  const dialogue = await doors.connect('mx');
  await beginMessage(dialogue);
  await dialogue.send(`${HEADER}body\r\n`);
  await dialogue.send('.');
  await dialogue.send('\r\n');
  await dialogue.expect(/^250 2\.6\.0/);
});

test('an empty message from outside is a message', async () => {
  const dialogue = await doors.connect('mx');
  await beginMessage(dialogue);
  await dialogue.send('.\r\n');
  await dialogue.expect(/^250 2\.6\.0/);
  expect(doors.spool.committed.at(-1)?.content).toMatch(/^Received: [^\0]*\+0000\r\n$/);
});

test.each(['mx', 'submission'] as const)(
  'commands that end with a bare LF close the session on %s',
  async (door) => {
    const dialogue = await doors.connect(door, { greet: false });
    await dialogue.expect(/^220 /);
    await dialogue.send('EHLO x.test\nMAIL FROM:<a@victim.test>\n');
    await dialogue.expect(/^500[- ]5\.5\.2/);
    await dialogue.expectClose();
  },
);

test('octets before the banner close the session', async () => {
  const dialogue = await doors.connect('mx', { greet: false });
  await dialogue.send('EHLO x.test\r\n');
  await dialogue.expect(/^554[- ]5\.5\.0/);
  await dialogue.expectClose();
});

describe('pipelining', () => {
  const GROUP = 'MAIL FROM:<a@victim.test>\r\nRCPT TO:<siti@agency.example>\r\nDATA\r\n';

  test.each(['mx', 'submission'] as const)(
    'a body that comes with its DATA closes the session on %s',
    async (door) => {
      const before = doors.spool.committed.length;
      const dialogue = door === 'mx' ? await doors.connect('mx') : await doors.logIn();
      const group = door === 'mx' ? GROUP : GROUP.replace('a@victim.test', 'ali@agency.example');
      await dialogue.send(`${group}${HEADER}body\r\n.\r\n${SECOND}`);
      await dialogue.expect(/^250 2\.1\.0/);
      await dialogue.expect(/^250 2\.1\.5/);
      await dialogue.expect(/^554[- ]5\.5\.0/);
      await dialogue.expectClose();
      expect(doors.spool.committed.length).toBe(before);
    },
  );

  test('MAIL, RCPT and DATA may come in one packet', async () => {
    const dialogue = await doors.connect('mx');
    await dialogue.send(GROUP);
    await dialogue.expect(/^250 2\.1\.0/);
    await dialogue.expect(/^250 2\.1\.5/);
    await dialogue.expect(/^354/);
    await dialogue.send(`${HEADER}body\r\n.\r\n`);
    await dialogue.expect(/^250 2\.6\.0/);
  });

  test('the next message may be pipelined behind the end of one', async () => {
    const dialogue = await doors.connect('mx');
    await beginMessage(dialogue);
    await dialogue.send(`${HEADER}body\r\n.\r\n${GROUP}`);
    await dialogue.expect(/^250 2\.6\.0/);
    await dialogue.expect(/^250 2\.1\.0/);
    await dialogue.expect(/^250 2\.1\.5/);
    await dialogue.expect(/^354/);
  });

  test('a body behind a DATA without recipients does not run as commands, in one packet', async () => {
    const dialogue = await doors.connect('mx');
    await dialogue.send(`MAIL FROM:<a@victim.test>\r\nRCPT TO:<nobody@victim.test>\r\nDATA\r\n${SECOND}`);
    await dialogue.expect(/^250 2\.1\.0/);
    await dialogue.expect(/^550[- ]5\.7\.1/);
    await dialogue.expect(/^554[- ]5\.5\.0/);
    await dialogue.expectClose();
  });

  test('a body behind a DATA without recipients does not run as commands, after the 503', async () => {
    const dialogue = await doors.connect('mx');
    await dialogue.ask('MAIL FROM:<a@victim.test>', /^250/);
    await dialogue.ask('DATA', /^503[- ]5\.5\.1/);
    await dialogue.send(`Subject: x\r\n\r\n${SECOND}`);
    await dialogue.expect(/^554[- ]5\.5\.0/);
    await dialogue.expectClose();
  });

  test('a last line without line end does not run when the client closes', async () => {
    await using own = await openDoors();
    const dialogue = await own.connect('mx');
    await dialogue.send('FROBNICATE');
    dialogue.end();
    await dialogue.expectClose();
    await own.receiver[Symbol.asyncDispose]();
    expect(own.events).toEqual([]);
  });
});
