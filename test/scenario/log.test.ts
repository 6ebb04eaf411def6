/**
 * Every kind of event is made to happen on the real stack, and is the same fact wherever it is looked for: in the lines,
 * in the rows, in the path of its message, and in the words of the geganti command.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { LogEntry, LogPage, MessagePath, RecordedEvent } from '../../src/http/resources.ts';
import type { DiscardRule } from '../../src/mail/outcome.ts';
import type { QueueAct } from '../../src/queue/queue.ts';
import { type Command, commandFor } from '../support/command.ts';
import type { Launched } from '../support/launcher.ts';
import {
  type Answer,
  letterText,
  logLines,
  type Running,
  type RunningUser,
  sendOver,
  startRunning,
} from '../support/running.ts';
import { EICAR, GTUBE, GTUBE_JUNK } from '../support/samples.ts';
import { waitFor } from '../support/wait-for.ts';

type Fact =
  | 'login-failed'
  | 'accepted'
  | 'scanned'
  | 'bounced'
  | 'quarantined'
  | 'released'
  | `refused ${'at RCPT' | 'at the end of DATA' | 'after the verdict'}`
  | `deferred ${'scan' | 'deliver'}`
  | `delivered ${'INBOX' | 'Junk'}`
  | `discarded ${DiscardRule}`
  | `queue-act ${QueueAct}`
  | `purged ${'by hand' | 'in time'}`;

/** What a person reads of each. A new kind does not compile until it has its words here, and then fails the last test. */
const WORDS: Readonly<Record<Fact, RegExp>> = {
  'refused at RCPT':
    /Refused at mx \(RCPT\) from wong@partner\.example to siapa@moh\.example, client 127\.0\.0\.1/,
  'refused at the end of DATA':
    /Refused at mx \(DATA\) from wong@partner\.example to badrul@moh\.example, .*: link to external storage: hxxps/,
  'refused after the verdict':
    /Refused at mx \(DATA\) from wong@partner\.example to badrul@moh\.example, client 127\.0\.0\.1/,
  'login-failed': /Login failed for "aminah@moh\.example" at submission, from 127\.0\.0\.1/,
  accepted: /Accepted at \w+ from 127\.0\.0\.1: |Made here: /,
  scanned: /Scanned in .+: (clean|junk|spam|infected \(Eicar-Test-Signature)/,
  'deferred scan': /Waits: scanning failed \(attempt 1\), next try \d/,
  'deferred deliver': /Waits: delivery to penuh@moh\.example failed \(attempt \d\), next try \d/,
  'delivered INBOX': /Delivered to \S+, folder INBOX, after \d/,
  'delivered Junk': /Delivered to badrul@moh\.example, folder Junk, after \d/,
  bounced: /Not deliverable to penuh@moh\.example; the sender is told by m\w{17}/,
  quarantined: /Kept in quarantine, not delivered to badrul@moh\.example: virus/,
  'discarded no-backscatter':
    /Not delivered to penuh@moh\.example, and nobody is told: no-backscatter \(its sender may be forged/,
  'discarded operator': /Not delivered to badrul@moh\.example, and nobody is told: operator \(dropped/,
  'discarded bench': /Not delivered to badrul@moh\.example, and nobody is told: bench \(/,
  'queue-act retry': /Due at once, by operator/,
  'queue-act hold': /Held by operator/,
  'queue-act release': /Let go by operator/,
  'queue-act drop': /Dropped by operator/,
  released: /Let out of quarantine for badrul@moh\.example by operator, by force, as m\w{17}/,
  'purged by hand': /Deleted from quarantine for badrul@moh\.example: by operator/,
  'purged in time': /Deleted from quarantine for penuh@moh\.example: its time was over/,
};

function factOf(event: RecordedEvent): Fact {
  switch (event.kind) {
    case 'refused':
      if (event.id !== null) return 'refused after the verdict';
      return event.command === 'DATA' ? 'refused at the end of DATA' : 'refused at RCPT';
    case 'deferred':
      return `deferred ${event.stage}`;
    case 'delivered':
      return `delivered ${event.folder}`;
    case 'discarded':
      return `discarded ${event.rule}`;
    case 'queue-act':
      return `queue-act ${event.act}`;
    case 'purged':
      return event.by === null ? 'purged in time' : 'purged by hand';
    default:
      return event.kind;
  }
}

const WONG = 'wong@partner.example';
const MB = 1024 ** 2;
const seen = new Set<Fact>();
let running: Running;
let command: Command;
let aminah: RunningUser;
let badrul: RunningUser;
let full: RunningUser;
/** Both from the first event on: in JSON, and in words. */
let followers: { readonly json: Launched; readonly words: Launched };

beforeAll(async () => {
  running = await startRunning({
    // Nobody waits for a verdict at 465, so there it comes late.
    GEGANTI_DOORS_SUBMISSIONS_VERDICT_WAIT: '0 s',
    // A virus of one of ours is kept here, so that there is one.
    GEGANTI_POLICY_RULES_VIRUS: 'within: quarantine',
    // What could not be scanned waits for an operator.
    GEGANTI_SCAN_RETRY: '1 h',
    GEGANTI_SCAN_MAX_RETRY: '1 h',
    GEGANTI_DELIVER_EXPIRE: '1 s',
    GEGANTI_QUARANTINE_KEEP_UNDELIVERABLE: '1 s',
  });
  command = commandFor(running);
  aminah = await running.addUser({ address: 'aminah@moh.example' });
  badrul = await running.addUser({ address: 'badrul@moh.example' });
  full = await running.addUser({ address: 'penuh@moh.example', quotaBytes: MB });
  await using mailbox = await running.mailbox(full);
  await mailbox.append(
    'INBOX',
    Buffer.from(letterText(full, 'lama', `${'x'.repeat(70)}\r\n`.repeat(14_000))),
  );
  followers = { json: command.start('log', '-f', '--json'), words: command.start('log', '-f') };
});
afterAll(async () => {
  await followers?.json[Symbol.asyncDispose]();
  await followers?.words[Symbol.asyncDispose]();
  await running?.[Symbol.asyncDispose]();
});

function idOf({ id, reply }: Answer): string {
  if (!id) throw new Error(`refused: ${reply}`);
  return id;
}

async function send(
  from: RunningUser | string,
  to: RunningUser,
  text?: string,
  door: 'mx' | 'submission' | 'submissions' = typeof from === 'string' ? 'mx' : 'submission',
): Promise<Answer> {
  const content = letterText(from, 'Mesyuarat', ...(text === undefined ? [] : [text]));
  return await running.send({ door, from, to: [to], content });
}

/** Each fact once, in a fixed order. */
function distinct(events: readonly RecordedEvent[]): RecordedEvent[] {
  const found = new Map(events.map((event) => [event.event, event]));
  return [...found.values()].sort((a, b) => (a.event < b.event ? -1 : 1));
}

/** Record by record: time, id, outcome, from, to, reason. */
function recordsOf(table: string): string[][] {
  return table.split('\n').flatMap((line) => (line === '' ? [] : [line.split('\t')]));
}

/** The message has come to these facts and this outcome, and is told alike everywhere. */
async function expectAlike(
  id: string,
  facts: readonly Fact[],
  [outcome, reason]: readonly [LogEntry['outcome'], string | null],
  of = running,
): Promise<MessagePath> {
  const waits = outcome === 'deferred' || outcome === 'held';
  const path = await waitFor(`${id} to have ${facts.join(', ')}`, async () => {
    const found = await of.path(id);
    const there = new Set(found.events.map(factOf));
    return facts.every((fact) => there.has(fact)) && (found.waiting !== null) === waits ? found : undefined;
  });
  expect([...new Set(path.events.map(factOf))].sort()).toEqual([...facts].sort());
  expect(distinct(path.events)).toEqual(distinct(logLines(of.data).filter((event) => event.id === id)));

  const { entries } = await of.api.get<LogPage>(`/log?id=${id}`);
  expect(entries).toMatchObject([{ id, outcome, reason }]);
  const { say } = commandFor(of);
  const [story, table] = await Promise.all([say('log', 'show', id), say('log', '--id', id)]);
  for (const fact of facts) expect(story).toMatch(WORDS[fact]);
  const shown = [
    id,
    outcome,
    expect.anything(),
    entries[0]?.recipient ?? '-',
    expect.stringContaining(reason ?? ''),
  ];
  expect(recordsOf(table)).toEqual([[expect.stringMatching(/^\d+ \w+ \d+ [\d:]+$/), ...shown]]);
  for (const fact of facts) seen.add(fact);
  return path;
}

test('a recipient whom we have not got, and a wrong password: one fact each, without a message', async () => {
  const stranger = await running.connect('mx');
  await stranger.ask(`MAIL FROM:<${WONG}>`, /^250/);
  await stranger.ask('RCPT TO:<siapa@moh.example>', /^550/);
  stranger.destroy();
  const wrong = { ...aminah, password: 'salah' };
  await expect(running.connect('submission', wrong)).rejects.toThrow('535');

  const { entries } = await running.api.get<LogPage>('/log?limit=10');
  expect(entries).toMatchObject([
    { id: null, outcome: 'login-failed', login: aminah.address, door: 'submission', client: '127.0.0.1' },
    { id: null, outcome: 'refused', sender: WONG, recipient: 'siapa@moh.example', door: 'mx' },
  ]);
  const lines = logLines(running.data);
  expect(lines.map(factOf).sort()).toEqual(['login-failed', 'refused at RCPT']);
  const records = recordsOf(await command.say('log'));
  expect(records.map(([, id, outcome, from, to]) => [id, outcome, from, to])).toEqual([
    ['-', 'login-failed', aminah.address, '-'],
    ['-', 'refused', WONG, 'siapa@moh.example'],
  ]);
  for (const fact of lines.map(factOf)) seen.add(fact);
});

test('delivered, to the INBOX and to Junk', async () => {
  const plain = idOf(await send(aminah, badrul));
  const path = await expectAlike(plain, ['accepted', 'scanned', 'delivered INBOX'], ['delivered', 'INBOX']);
  expect(await command.json<MessagePath>('log', 'show', plain)).toEqual(path);
  const page = await running.api.get<LogPage>(`/log?id=${plain}`);
  expect(await command.json<LogPage>('log', '--id', plain)).toEqual(page);
  const junk = idOf(await send(WONG, badrul, GTUBE_JUNK));
  await expectAlike(junk, ['accepted', 'scanned', 'delivered Junk'], ['delivered', 'Junk']);
});

test('spam and a virus, refused after the verdict, are found by their recipient', async () => {
  for (const content of [GTUBE, EICAR]) expect((await send(WONG, badrul, content)).reply).toMatch(/^554/);
  const refused = await waitFor('both lines', () => {
    const found = logLines(running.data).filter((event) => event.kind === 'refused' && event.id !== null);
    return found.length === 2 ? found : undefined;
  });
  const [spam, virus] = refused.map(({ id }) => id ?? '');
  await expectAlike(spam ?? '', ['scanned', 'refused after the verdict'], ['refused', 'spam']);
  await expectAlike(virus ?? '', ['scanned', 'refused after the verdict'], ['refused', 'virus']);
  const records = recordsOf(
    await command.say('log', '--recipient', badrul.address, '--outcome', 'refused', '--agency', 'moh'),
  );
  expect(records.map(([, id, , from, to, reason]) => [id, from, to, reason])).toEqual([
    [virus, WONG, badrul.address, expect.stringContaining('virus')],
    [spam, WONG, badrul.address, expect.stringContaining('spam')],
  ]);
});

test('a link to external storage, refused at the end of DATA, is found by its reason, in words and by its link', async () => {
  const answer = await send(WONG, badrul, 'https://www.dropbox.com/s/abc/minit.pdf');
  expect(answer.reply).toMatch(/^550.*5\.7\.1 .*dropbox/s);
  const found = await running.api.get<LogPage>('/log?reason=external-storage');
  const facts = { id: null, outcome: 'refused', reason: 'external-storage', reasons: ['external-storage'] };
  expect(found.entries).toMatchObject([{ ...facts, recipient: badrul.address }]);
  expect((await running.api.get<LogPage>('/log?text=dropbox')).entries).toEqual(found.entries);
  expect(recordsOf(await command.say('log', '--reason', 'external-storage'))).toHaveLength(1);
  for (const event of logLines(running.data)) {
    if (event.kind === 'refused' && event.id === null) seen.add(factOf(event));
  }
});

test('a full mailbox: tried again, then bounced to one of us, and not to a stranger', async () => {
  const large = `${'y'.repeat(70)}\r\n`.repeat(3_000);
  const [ours, theirs] = [idOf(await send(aminah, full, large)), idOf(await send(WONG, full, large))];
  const tried: Fact[] = ['accepted', 'scanned', 'deferred deliver'];
  const { children } = await expectAlike(ours, [...tried, 'bounced'], ['bounced', null]);
  const [bounce = ''] = children;
  const told = await expectAlike(bounce, ['accepted', 'scanned', 'delivered INBOX'], ['delivered', 'INBOX']);
  expect(told.parent).toBe(ours);
  await expectAlike(theirs, [...tried, 'discarded no-backscatter'], ['discarded', 'no-backscatter']);
});

test('kept in quarantine, and let go or deleted by hand', async () => {
  const viruses = [
    await send(aminah, badrul, EICAR, 'submissions'),
    await send(aminah, badrul, EICAR, 'submissions'),
  ];
  const [first = '', second = ''] = viruses.map(idOf);
  const kept: Fact[] = ['accepted', 'scanned', 'quarantined'];
  for (const id of [first, second]) await expectAlike(id, kept, ['quarantined', 'virus']);
  await command.say('quarantine', 'release', first, '--force');
  await command.say('quarantine', 'delete', second);
  const { children } = await expectAlike(first, [...kept, 'released'], ['quarantined', 'virus']);
  await expectAlike(second, [...kept, 'purged by hand'], ['quarantined', 'virus']);
  const child = children[0] ?? '';
  const path = await expectAlike(child, ['accepted', 'scanned', 'delivered INBOX'], ['delivered', 'INBOX']);
  expect(path.parent).toBe(first);
});

test('what an operator does with mail that waits', async () => {
  await running.stack.stop('rspamd');
  await waitFor('the status to show it', async () =>
    (await running.status()).parts.some(({ name, up }) => name === 'rspamd' && !up) ? true : undefined,
  );
  const [kept, dropped] = [idOf(await send(WONG, badrul)), idOf(await send(WONG, badrul))];
  const tried: Fact[] = ['accepted', 'deferred scan'];
  for (const id of [kept, dropped]) await expectAlike(id, tried, ['deferred', 'scan']);
  await command.say('queue', 'drop', dropped);
  const gone: Fact[] = ['queue-act drop', 'discarded operator'];
  await expectAlike(dropped, [...tried, ...gone], ['discarded', 'operator']);
  await command.say('queue', 'hold', kept);
  await expectAlike(kept, [...tried, 'queue-act hold'], ['held', null]);
  await command.say('queue', 'release', kept);
  const held: Fact[] = [...tried, 'queue-act hold', 'queue-act release'];
  await expectAlike(kept, held, ['deferred', 'scan']);
  await running.stack.start('rspamd');
  await command.say('queue', 'retry', kept);
  const all: Fact[] = [...held, 'queue-act retry', 'scanned', 'delivered INBOX'];
  await expectAlike(kept, all, ['delivered', 'INBOX']);
});

test('who follows has had every event once, in JSON and in words', async () => {
  const wanted = distinct(logLines(running.data));
  const { json, words } = followers;
  const told = (): RecordedEvent[] =>
    json.out
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line));
  await waitFor('all of it', () => (told().length >= wanted.length ? true : undefined));
  expect(told()).toHaveLength(wanted.length);
  expect(distinct(told())).toEqual(wanted);
  await waitFor('the words', () => (words.out.split('\n').length > wanted.length ? true : undefined));
  const lines = words.out.split('\n');
  for (const event of wanted) {
    const about = lines.filter((line) => line.split('\t')[1] === (event.id ?? '-'));
    expect(
      about.some((line) => WORDS[factOf(event)].test(line)),
      factOf(event),
    ).toBe(true);
  }
});

test('what is past its time in quarantine goes by itself', async () => {
  const id = logLines(running.data).find(
    (event) => event.kind === 'discarded' && event.rule === 'no-backscatter',
  )?.id;
  await waitFor('its time to be over', async () => {
    const { items } = await running.api.get<{ items: { id: string; expiresAt: number }[] }>('/quarantine');
    return items.find((item) => item.id === id && item.expiresAt < Date.now());
  });
  await running.stack.stop('work');
  await running.stack.start('work');
  const tried: Fact[] = ['accepted', 'scanned', 'deferred deliver', 'discarded no-backscatter'];
  await expectAlike(id ?? '', [...tried, 'purged in time'], ['discarded', 'no-backscatter']);
});

test('a server that only measures says so of each message', async () => {
  await using measuring = await startRunning({ GEGANTI_DISCARD: 'true' });
  const to = await measuring.addUser({ address: badrul.address });
  const dialogue = await measuring.connect('mx');
  const content = letterText(WONG, 'Ukur');
  const id = idOf(await sendOver(dialogue, { door: 'mx', from: WONG, to: [to], content }));
  dialogue.destroy();
  await expectAlike(id, ['accepted', 'discarded bench'], ['discarded', 'bench'], measuring);
});

test('no kind of event was left out above', () => {
  expect([...seen].sort()).toEqual(Object.keys(WORDS).sort());
});
