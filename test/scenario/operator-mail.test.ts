/** An operator's day with mail that waits and mail that is kept, by the real command on a running stack. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type {
  KeptMessageInFull,
  LogPage,
  MessagePath,
  QuarantineList,
  Status,
  WaitingList,
  WaitingMessageInFull,
} from '../../src/http/resources.ts';
import { type Command, commandFor } from '../support/command.ts';
import { letterText, type Running, type RunningUser, startRunning } from '../support/running.ts';
import { EICAR, GTUBE } from '../support/samples.ts';
import { waitFor } from '../support/wait-for.ts';

const WONG = 'wong@partner.example';
let running: Running;
let command: Command;
let aminah: RunningUser;
let badrul: RunningUser;
let devi: RunningUser;

beforeAll(async () => {
  running = await startRunning({
    GEGANTI_DOORS_SUBMISSIONS_VERDICT_WAIT: '0 s',
    // A virus of one of ours is kept here, so that there is one.
    GEGANTI_POLICY_RULES_VIRUS: 'within: quarantine',
    GEGANTI_SCAN_RETRY: '1 h',
    GEGANTI_SCAN_MAX_RETRY: '1 h',
  });
  command = commandFor(running);
  aminah = await running.addUser({ address: 'aminah@moh.example' });
  badrul = await running.addUser({ address: 'badrul@moh.example' });
  devi = await running.addUser({ address: 'devi@mot.example', grade: 'M10' });
});
afterAll(() => running?.[Symbol.asyncDispose]());

/** From outside; with a text from one of us, who is answered before the scan. */
async function send(
  to: readonly RunningUser[],
  subject: string,
  { from = WONG, text = null }: { readonly from?: string; readonly text?: string | null } = {},
): Promise<string> {
  const letter =
    text === null
      ? ({ door: 'mx', from, to, content: letterText(from, subject) } as const)
      : ({ door: 'submissions', from: aminah, to, content: letterText(aminah, subject, text) } as const);
  const { id, reply } = await running.send(letter);
  if (!id) throw new Error(`refused: ${reply}`);
  return id;
}

async function subjects(user: RunningUser, folder = 'INBOX'): Promise<string[]> {
  await using mailbox = await running.mailbox(user);
  return (await mailbox.messages(folder)).map(({ subject }) => subject);
}

async function untilListed(...ids: string[]): Promise<WaitingList> {
  return await waitFor('them to wait', async () => {
    const list = await command.json<WaitingList>('queue', 'list');
    const tried = list.messages.filter(({ id, attempts }) => ids.includes(id) && attempts > 0);
    return tried.length === ids.length ? list : undefined;
  });
}

test('while a scanner is down the status says so, and mail waits to be listed, held, let go, retried and dropped', async () => {
  await running.stack.stop('rspamd');
  const down = await waitFor('the status to show it', async () => {
    const { code, out } = await command.run('status');
    return code === 1 ? out : undefined;
  });
  expect(down).toMatch(/^rspamd\tDOWN\t/m);
  expect(down).toMatch(/^clamd\tup\t/m);
  const { code, out } = await command.run('status', '--json');
  expect(code).toBe(1);
  const { parts }: Status = JSON.parse(out);
  expect(parts.filter(({ up }) => !up).map(({ name }) => name)).toEqual(['rspamd']);

  const first = await send([aminah, devi], 'satu');
  const second = await send([badrul], 'dua', { from: 'news@shop.example' });
  const third = await send([badrul], 'tiga');
  const { total, messages } = await untilListed(first, second, third);
  expect([total, ...messages.map(({ id }) => id)]).toEqual([3, first, second, third]);
  expect(messages[0]).toMatchObject({ stage: 'scan', held: false, recipientCount: 2, sender: WONG });
  const page = await command.run('queue', 'list', '--limit', '1', '--after', first);
  expect(page.out).toContain(second);
  expect(page.err).toBe(`geganti: 1 of 2 messages shown; go on with --after ${second}\n`);

  expect(await command.say('queue', 'hold', '--recipient', '@mot.example')).toBe('1 message held\n');
  expect((await command.json<WaitingList>('queue', 'list', '--held')).messages.map(({ id }) => id)).toEqual([
    first,
  ]);
  const inFull = await command.say('queue', 'show', first);
  expect(inFull).toMatch(/^State\theld, to be scanned$/m);
  expect(inFull).toMatch(/^Reason\trspamd: /m);
  expect(inFull).toMatch(/^devi@mot\.example\twaits/m);
  const full = await command.json<WaitingMessageInFull>('queue', 'show', first);
  expect(full.recipientStates).toMatchObject([
    { address: aminah.address, outcome: null },
    { address: devi.address, outcome: null },
  ]);

  const drop = await command.run('queue', 'drop', '--sender', '@shop.example');
  expect(drop).toMatchObject({
    code: 1,
    out: '',
    err: 'geganti: 1 message would be dropped; say so again with --yes\n',
  });
  expect(await command.say('queue', 'drop', '--sender', '@shop.example', '--yes')).toBe(
    '1 message dropped\n',
  );
  await running.stack.start('rspamd');
  expect(await command.json('queue', 'retry', '--all')).toEqual({ changed: [third] });
  await running.ended(third, 1);
  expect((await command.json<WaitingList>('queue', 'list')).messages.map(({ id }) => id)).toEqual([first]);
  expect(await command.say('queue', 'release', first)).toBe('1 message let go\n');
  await command.run('queue', 'retry', first);
  await running.ended(first, 2);
  expect(await subjects(badrul)).toEqual(['tiga']);
  expect(await subjects(devi)).toEqual(['satu']);
  expect((await command.run('queue', 'list')).err).toBe('geganti: no message waits\n');
  const again = await command.run('queue', 'retry', first, '--json');
  expect([again.code, JSON.parse(again.out)]).toEqual([1, { changed: [] }]);
  expect(JSON.parse(again.err)).toEqual({ problem: expect.stringContaining(`${first}: unchanged`) });
  expect((await command.run('status')).code).toBe(0);
});

test('kept mail is listed, shown, let go to the INBOX, and deleted; parent and child name each other', async () => {
  const spam = await send([badrul, devi], 'tawaran', { text: GTUBE });
  const virus = await send([badrul], 'lampiran', { text: EICAR });
  for (const [id, count] of [
    [spam, 2],
    [virus, 1],
  ] as const)
    await running.ended(id, count);
  const { items } = await command.json<QuarantineList>('quarantine', 'list');
  expect(items.map(({ id, reason }) => [id, reason]).sort()).toEqual(
    [
      [spam, 'spam'],
      [virus, 'virus'],
    ].sort(),
  );
  expect(await command.say('quarantine', 'list', '--reason', 'virus')).toContain(virus);
  expect(await command.say('quarantine', 'show', virus)).toMatch(/^clamd said\tEicar-Test-Signature/m);
  expect(await command.json<KeptMessageInFull>('quarantine', 'show', spam)).toMatchObject({
    id: spam,
    sender: aminah.address,
    recipients: [badrul.address, devi.address],
  });

  const refused = await command.run('quarantine', 'release', virus, '--json');
  expect(refused.code).toBe(1);
  expect(JSON.parse(refused.err)).toEqual({ problem: expect.stringContaining('force') });
  const { message } = await command.json<{ message: string }>(
    'quarantine',
    'release',
    spam,
    '--recipient',
    badrul.address,
  );
  await running.ended(message, 1);
  expect(await subjects(badrul)).toContain('tawaran');
  expect(await subjects(devi)).not.toContain('tawaran');
  expect(await command.say('log', 'show', spam)).toMatch(
    new RegExp(`^ +led to\\t${message}, its release from quarantine$`, 'm'),
  );
  expect(await command.say('log', 'show', message)).toMatch(
    new RegExp(`^ +caused by\\t${spam}; this is its release from quarantine$`, 'm'),
  );
  expect((await command.json<MessagePath>('log', 'show', spam)).children).toEqual([message]);
  expect((await command.json<MessagePath>('log', 'show', message)).parent).toBe(spam);

  expect(await command.say('quarantine', 'delete', virus)).toBe('1 message deleted\n');
  expect(await command.json('quarantine', 'delete', '--all', '--yes')).toEqual({ deleted: [spam] });
  expect((await command.run('quarantine', 'list')).err).toBe('geganti: nothing is in quarantine\n');
  const gone = await command.run('quarantine', 'show', virus, '--json');
  expect(JSON.parse(gone.err)).toEqual({ problem: `no message ${virus} is in quarantine` });
});

test('while the receiver is away, what it alone knows is one clear line, and the log can be read', async () => {
  const id = await send([badrul], 'sebelum');
  await running.ended(id, 1);
  await running.stack.stop('receive');
  const queue = await command.run('queue', 'list');
  expect(queue).toMatchObject({
    code: 1,
    out: '',
    err: expect.stringMatching(/^geganti: the receiver is away: .+\n$/),
  });
  expect(JSON.parse((await command.run('queue', 'list', '--json')).err)).toHaveProperty('problem');
  expect((await command.run('status')).out).toMatch(/^receiver\tDOWN\t/m);
  expect((await command.json<LogPage>('log', '--id', id)).entries).toMatchObject([{ outcome: 'delivered' }]);
  expect(await command.say('log', 'show', id)).toContain('whether it still waits is not known');
  await running.stack.start('receive');
  await waitFor('the status to be well', async () =>
    (await command.run('status')).code === 0 ? true : undefined,
  );
});
