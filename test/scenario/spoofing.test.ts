/** Mail from outside in the name of one of us is refused, or lies marked in Junk (promise P4). */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { letterText, type Running, type RunningUser, startRunning } from '../support/running.ts';

const WONG = 'wong@partner.example';

let running: Running;
let aminah: RunningUser;
let badrul: RunningUser;
beforeAll(async () => {
  running = await startRunning();
  aminah = await running.addUser({ address: 'aminah@moh.example' });
  badrul = await running.addUser({ address: 'badrul@moh.example' });
});
afterAll(() => running?.[Symbol.asyncDispose]());

async function newest(folder: string): Promise<string> {
  await using mailbox = await running.mailbox(badrul);
  return (await mailbox.messages(folder)).at(-1)?.source.toString('latin1') ?? '';
}

test('one of us as the sender has to log in', async () => {
  const dialogue = await running.connect('mx');
  await dialogue.ask(`MAIL FROM:<${aminah.address}>`, /^550[- ]5\.7\.1 /);
  dialogue.destroy();
});

test('one of us in From is delivered to Junk with a note', async () => {
  const content = letterText(aminah, 'Bayar segera');
  const { id, reply } = await running.send({ door: 'mx', from: WONG, to: [badrul], content });
  if (!id) throw new Error(`refused: ${reply}`);
  const events = await running.ended(id, 1);
  expect(events.find(({ kind }) => kind === 'scanned')).toMatchObject({ verdict: { kind: 'clean' } });
  expect(events.at(-1)).toMatchObject({ kind: 'delivered', folder: 'Junk' });
  const source = await newest('Junk');
  expect(source).toContain('Subject: Bayar segera\r\n');
  expect(source).toMatch(/^X-Geganti-Note: From names our domain, and nothing proves it\r\n/m);
});

test('one of us who logs in reaches the mailbox without it', async () => {
  const content = letterText(aminah, 'Minit mesyuarat');
  const { id } = await running.send({ door: 'submission', from: aminah, to: [badrul], content });
  if (!id) throw new Error('refused');
  await running.ended(id, 1);
  const source = await newest('INBOX');
  expect(source).toContain('Subject: Minit mesyuarat\r\n');
  expect(source).not.toContain('X-Geganti-Note');
});
