/** What is refused when its client has its answer already: a sender of ours is told, and of mail from outside its reader. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { LogPage } from '../../src/http/resources.ts';
import { commandFor } from '../support/command.ts';
import { letterText, type Running, type RunningUser, startRunning } from '../support/running.ts';
import { GTUBE } from '../support/samples.ts';
import { waitFor } from '../support/wait-for.ts';
import { zip } from '../support/zip-writer.ts';

const WONG = 'wong@partner.example';
const LINK = 'https://www.dropbox.com/s/abc/minit.pdf';
const HARMLESS = 'hxxps://www[.]dropbox[.]com/s/abc/minit.pdf';
let running: Running;
let aminah: RunningUser;
let badrul: RunningUser;
let omar: RunningUser;

beforeAll(async () => {
  running = await startRunning({
    GEGANTI_DOORS_MX_VERDICT_WAIT: '0 s',
    GEGANTI_DOORS_SUBMISSIONS_VERDICT_WAIT: '0 s',
  });
  aminah = await running.addUser({ address: 'aminah@moh.example' });
  badrul = await running.addUser({ address: 'badrul@moh.example' });
  omar = await running.addUser({ address: 'omar@moh.example' });
  await running.api.patch(`/users/${omar.address}`, { administrator: true });
});
afterAll(() => running?.[Symbol.asyncDispose]());

/** With an archive in it, that only a worker opens. */
function archived(from: RunningUser | string, text: string): string {
  const [head = ''] = letterText(from, 'Minit mesyuarat').split('\r\n\r\n');
  const octets = zip([{ name: 'minit.txt', data: text }]).toString('base64');
  const lines = [
    head,
    'MIME-Version: 1.0',
    'Content-Type: application/zip; name="minit.zip"',
    'Content-Transfer-Encoding: base64',
    'Content-Disposition: attachment; filename="minit.zip"',
    '',
    octets.replace(/.{76}/g, '$&\r\n'),
    '',
  ];
  return lines.join('\r\n');
}

async function send(from: RunningUser | string, content: string, to = [badrul]): Promise<string> {
  const door = typeof from === 'string' ? 'mx' : 'submissions';
  const { id, reply } = await running.send({ door, from, to, content });
  if (!id) throw new Error(`refused: ${reply}`);
  return id;
}

async function told(user: RunningUser, subject: string): Promise<string> {
  return await waitFor(`${user.address} to be told`, async () => {
    await using mailbox = await running.mailbox(user);
    const found = (await mailbox.messages('INBOX')).filter((message) => message.subject.includes(subject));
    expect(found.length).toBeLessThan(2);
    return found[0]?.source.toString('latin1');
  });
}

test('a link in an archive of one of ours bounces, and the bounce names the link and the way out', async () => {
  const id = await send(aminah, archived(aminah, LINK));
  const last = (await running.ended(id, 1)).at(-1);
  expect(last).toMatchObject({ kind: 'bounced', reply: expect.stringContaining(HARMLESS) });
  const bounce = await told(aminah, 'could not be delivered');
  expect(bounce).toContain(HARMLESS);
  expect(bounce).toContain('Big Mail Transfer');
  expect(bounce).not.toContain(LINK);
  const { entries } = await running.api.get<LogPage>('/log?reason=external-storage');
  expect(entries).toMatchObject([{ id, outcome: 'bounced', reasons: ['external-storage'] }]);
  expect(await commandFor(running).say('log', 'show', id)).toMatch(
    /link to external storage: hxxps\S+ in part 1!minit\.txt \(refused\)/,
  );
});

test('a link in an archive from outside is kept, and its readers are told which, from whom, and how to get it', async () => {
  const id = await send(WONG, archived(WONG, LINK), [badrul, omar]);
  const events = await running.ended(id, 2);
  expect(events.at(-1)).toMatchObject({ kind: 'quarantined', reason: 'external-storage' });
  for (const user of [badrul, omar]) {
    const notice = await told(user, 'pautan ke storan luar');
    for (const text of [HARMLESS, WONG, id]) expect(notice).toContain(text);
  }
  const [entry] = (await running.api.get<LogPage>(`/log?id=${id}&text=dropbox`)).entries;
  expect(entry).toMatchObject({ outcome: 'quarantined', reason: 'external-storage', reply: HARMLESS });
});

test('spam of one of ours is kept, and the administrators of the agency are told once', async () => {
  const content = letterText(aminah, 'Tawaran', GTUBE);
  const ids = [await send(aminah, content), await send(aminah, content)];
  for (const id of ids) {
    expect((await running.ended(id, 1)).at(-1)).toMatchObject({ kind: 'quarantined', reason: 'spam' });
  }
  const notice = await told(omar, 'Spam daripada akaun');
  for (const text of [aminah.address, '127.0.0.1']) expect(notice).toContain(text);
  // Whichever was scanned first.
  const about = ids.filter((id) => notice.includes(id));
  expect(about).toHaveLength(1);
  const children = await Promise.all(ids.map(async (id) => (await running.path(id)).children.length));
  expect(children).toEqual(ids.map((id) => (about.includes(id) ? 1 : 0)));
});
