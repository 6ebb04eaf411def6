/** What the real scanners say decides where mail goes: refused, Junk, quarantine, or the mailbox octet for octet. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { KeptMessage } from '../../src/http/resources.ts';
import type { MessageId } from '../../src/mail/message-id.ts';
import { type Answer, letterText, type Running, type RunningUser, startRunning } from '../support/running.ts';
import { EICAR, ENCRYPTED_ZIP, GTUBE, GTUBE_JUNK } from '../support/samples.ts';

const WONG = 'wong@partner.example';
let running: Running;
let aminah: RunningUser;
let badrul: RunningUser;

beforeAll(async () => {
  // Nobody waits for a verdict at 465, so there it comes late.
  running = await startRunning({ GEGANTI_DOORS_SUBMISSIONS_VERDICT_WAIT: '0 s' });
  aminah = await running.addUser({ address: 'aminah@moh.example' });
  badrul = await running.addUser({ address: 'badrul@moh.example' });
});
afterAll(() => running?.[Symbol.asyncDispose]());

function accepted({ id, reply }: Answer): MessageId {
  if (!id) throw new Error(`refused: ${reply}`);
  return id;
}

async function newest(user: RunningUser, folder: string): Promise<string> {
  await using mailbox = await running.mailbox(user);
  return (await mailbox.messages(folder)).at(-1)?.source.toString('latin1') ?? '';
}

async function kept(id: MessageId): Promise<KeptMessage | undefined> {
  return (await running.quarantine()).find((item) => item.id === id);
}

const attached = (name: string, content: Buffer): string[] => [
  'MIME-Version: 1.0',
  'Content-Type: multipart/mixed; boundary=b',
  '',
  '--b',
  `Content-Type: application/octet-stream; name=${name}`,
  'Content-Transfer-Encoding: base64',
  `Content-Disposition: attachment; filename=${name}`,
  '',
  content.toString('base64').replace(/.{76}/g, '$&\r\n'),
  '--b--',
];

/** The header lines of `attached` belong above the empty line. */
function letterWith(from: RunningUser | string, name: string, content: Buffer): string {
  const head = letterText(from, name).split('\r\n\r\n')[0];
  return `${head}\r\n${attached(name, content).join('\r\n')}\r\n`;
}

test('a virus from a user is refused at DATA, and nothing of it stays', async () => {
  const content = letterWith(aminah, 'eicar.com', Buffer.from(EICAR));
  const answer = await running.send({ door: 'submission', from: aminah, to: [badrul], content });
  expect(answer).toMatchObject({ reply: expect.stringMatching(/^554-?.*5\.7\.1 /), id: null });
  expect((await running.queue()).total).toBe(0);
  expect(await running.quarantine()).toEqual([]);
});

test('spam from outside is refused at DATA', async () => {
  const answer = await running.send({
    door: 'mx',
    from: WONG,
    to: [badrul],
    content: letterText(WONG, 'x', GTUBE),
  });
  expect(answer).toMatchObject({ reply: expect.stringMatching(/^554-?.*5\.7\.1 /), id: null });
  expect((await running.queue()).total).toBe(0);
});

test('suspicious mail goes to Junk with the mark', async () => {
  const content = letterText(WONG, 'Tawaran', GTUBE_JUNK);
  const id = accepted(await running.send({ door: 'mx', from: WONG, to: [badrul], content }));
  const events = await running.ended(id, 1);
  expect(events.at(-1)).toMatchObject({ kind: 'delivered', folder: 'Junk' });
  const source = await newest(badrul, 'Junk');
  expect(source).toMatch(/^X-Spam: Yes\r\n/m);
  expect(source).toMatch(/^X-Spam-Status: Yes, score=\d+\.\d required=6\.0\r\n/m);
});

test('what cannot be looked into is quarantined and listed', async () => {
  const content = letterWith(aminah, 'sulit.zip', ENCRYPTED_ZIP);
  const id = accepted(await running.send({ door: 'submission', from: aminah, to: [badrul], content }));
  const events = await running.ended(id, 1);
  expect(events.at(-1)).toMatchObject({ kind: 'quarantined', reason: 'encrypted-archive' });
  expect(await kept(id)).toMatchObject({ sender: aminah.address, recipients: [badrul.address] });
});

test('a virus whose verdict comes after the answer is not delivered, and its sender is told', async () => {
  const content = letterText(aminah, 'virus', EICAR);
  const id = accepted(await running.send({ door: 'submissions', from: aminah, to: [badrul], content }));
  const last = (await running.ended(id, 1)).at(-1);
  expect(last).toMatchObject({ kind: 'bounced', reply: expect.stringMatching(/^554 5\.7\.1 .*virus/) });
  await running.ended(last?.kind === 'bounced' ? last.bounce : id, 1);
  const told = await newest(aminah, 'INBOX');
  expect(told).toContain('Mel ditolak: virus dikesan');
  expect(told).not.toContain(EICAR);
  for (const folder of ['INBOX', 'Junk']) expect(await newest(badrul, folder)).not.toContain(EICAR);
});

test('spam of one of ours whose verdict comes after the answer is kept, never delivered', async () => {
  const [reason, text] = ['spam', GTUBE];
  const content = letterText(aminah, reason, text);
  const id = accepted(
    await running.send({ door: 'submissions', from: aminah, to: [badrul, aminah], content }),
  );
  const events = await running.ended(id, 2);
  expect(events.map(({ kind }) => kind).sort()).toEqual([
    'accepted',
    'quarantined',
    'quarantined',
    'scanned',
  ]);
  expect(await kept(id)).toMatchObject({ reason, recipients: [badrul.address, aminah.address] });
  for (const folder of ['INBOX', 'Junk']) expect(await newest(badrul, folder)).not.toContain(text);
});

/** Dots, octets above 127, a line longer than 998 octets, spaces and empty lines at the ends. */
const ODD = ['.', '..', '.dots', 'caf\xe9 \xff', ' ', 'y'.repeat(5_000), '\t', '', ''];

test.each(['mx', 'submission'] as const)('octets arrive as they were sent by %s', async (door) => {
  const from = door === 'mx' ? WONG : aminah;
  const content = letterText(from, `Oktet ${door}`, ...ODD);
  const id = accepted(await running.send({ door, from, to: [badrul], content }));
  await running.ended(id, 1);
  // rspamd thinks little of such mail, which decides only what comes from outside.
  const source = await newest(badrul, door === 'mx' ? 'Junk' : 'INBOX');
  expect(source.slice(-content.length)).toBe(content);
  // Above it are our own lines only.
  const ours = source.slice(0, -content.length).match(/^[A-Za-z-]+(?=:)/gm) ?? [];
  const expected = [
    'Received',
    'X-Spam',
    'X-Spam-Status',
    'X-Spam-Tests',
    'X-Spam-Score',
    'Authentication-Results',
  ];
  // Dovecot's.
  expected.push('Return-Path', 'Delivered-To');
  expect(ours.filter((name) => !expected.includes(name))).toEqual([]);
  expect(source).toMatch(/^Received: from client\.test/m);
});

test('verdicts that the sender wrote are not believed', async () => {
  const forged =
    'X-Spam: Yes\r\nX-Spam-Status: No, score=-99\r\nAuthentication-Results: mail.test.example; spf=pass\r\n';
  const content = forged + letterText(WONG, 'Palsu');
  await running.ended(accepted(await running.send({ door: 'mx', from: WONG, to: [badrul], content })), 1);
  const source = await newest(badrul, 'INBOX');
  expect(source).toContain('Subject: Palsu');
  expect(source).not.toMatch(/^X-Spam: Yes|score=-99|spf=pass/m);
});
