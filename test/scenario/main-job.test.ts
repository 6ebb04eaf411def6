/** The main job: what a user submits is spooled, scanned and filed in mailboxes of two agencies, and the log tells it. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { letterText, type Running, type RunningUser } from '../support/running.ts';
import { SHAPES, startInShape } from '../support/shapes.ts';

describe.each(SHAPES)('$name', (shape) => {
  let running: Running;
  let aminah: RunningUser;
  let badrul: RunningUser;
  let devi: RunningUser;

  beforeAll(async () => {
    running = await startInShape(shape);
    aminah = await running.addUser({ address: 'aminah@moh.example' });
    badrul = await running.addUser({ address: 'badrul@moh.example' });
    devi = await running.addUser({ address: 'devi@mot.example', grade: 'M10' });
  });
  afterAll(() => running?.[Symbol.asyncDispose]());

  async function subjects(user: RunningUser, folder = 'INBOX'): Promise<string[]> {
    await using mailbox = await running.mailbox(user);
    return (await mailbox.messages(folder)).map(({ subject }) => subject);
  }

  test('from 587 to the mailboxes of two agencies, and the log shows each step', async () => {
    const content = letterText(aminah, 'Minit mesyuarat');
    const { reply, id } = await running.send({
      door: 'submission',
      from: aminah,
      to: [badrul, devi],
      content,
    });
    if (!id) throw new Error(`refused: ${reply}`);
    const events = await running.ended(id, 2);
    const kinds = events.map(({ kind }) => kind);
    // The answer waits for the scan, and may come in the same millisecond.
    expect(kinds.slice(0, 2).sort()).toEqual(['accepted', 'scanned']);
    expect(kinds.slice(2)).toEqual(['delivered', 'delivered']);
    for (const user of [badrul, devi]) expect(await subjects(user)).toContain('Minit mesyuarat');
    expect((await running.path(id)).waiting).toBeNull();
  });

  test('with TLS from the first octet it is the same', async () => {
    const content = letterText(badrul, 'Melalui 465');
    const { id } = await running.send({ door: 'submissions', from: badrul, to: [aminah], content });
    if (!id) throw new Error('refused');
    await running.ended(id, 1);
    expect(await subjects(aminah)).toContain('Melalui 465');
  });

  test('mail from outside comes in by 25', async () => {
    const from = 'wong@partner.example';
    const { reply, id } = await running.send({
      door: 'mx',
      from,
      to: [aminah],
      content: letterText(from, 'Sebut harga'),
    });
    if (!id) throw new Error(`refused: ${reply}`);
    await running.ended(id, 1);
    expect(await subjects(aminah)).toContain('Sebut harga');
  });

  test('a user files own mail in a folder by +detail; nobody else can', async () => {
    const to = [aminah.address.replace('@', '+Archive@')];
    const wong = 'wong@partner.example';
    const answers = await Promise.all([
      running.send({ door: 'submission', from: aminah, to, content: letterText(aminah, 'Untuk saya') }),
      running.send({ door: 'submission', from: badrul, to, content: letterText(badrul, 'Dari rakan') }),
      running.send({ door: 'mx', from: wong, to, content: letterText(wong, 'Dari luar') }),
    ]);
    for (const { id, reply } of answers) {
      if (!id) throw new Error(`refused: ${reply}`);
      await running.ended(id, 1);
    }
    expect(await subjects(aminah, 'Archive')).toEqual(['Untuk saya']);
    expect(await subjects(aminah)).toEqual(expect.arrayContaining(['Dari rakan', 'Dari luar']));
  });

  test('every part is up, and nothing waits', async () => {
    const status = await running.status();
    expect(status.parts.filter(({ up }) => !up)).toEqual([]);
    expect(status.parts.map(({ name }) => name)).toEqual([
      'door mx',
      'door submission',
      'door submissions',
      'redis',
      'clamd',
      'rspamd',
      'dovecot',
    ]);
    expect(status).toMatchObject({ spool: { messages: 0 }, queue: { available: true }, lostEvents: 0 });
  });
});
