import { mkdir, readdir, readFile, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { address, envelope, verdict } from '../../test/support/messages.ts';
import { tempFolder } from '../../test/support/temp-folder.ts';
import type { Clock } from '../lib/clock.ts';
import { systemClock } from '../lib/clock.ts';
import { type Log, silentLog } from '../lib/log.ts';
import type { Envelope } from '../mail/envelope.ts';
import { createQuarantine } from './disk-quarantine.ts';
import { entryOf } from './entry.ts';
import { readFacts, writeFacts } from './facts.ts';
import type { NewItem } from './quarantine.ts';

const CONTENT = Buffer.from('Subject: x\r\n\r\nbody\r\n');
const content = () => Readable.from([CONTENT.subarray(0, 5), CONTENT.subarray(5)], { objectMode: false });
const DAY = 86_400_000;
/** All but the lock. */
const namesIn = async (folder: string) => (await readdir(folder)).filter((name) => name !== '.lock').sort();

function newItem(changes: Partial<NewItem> = {}): NewItem & { envelope: Envelope } {
  return {
    envelope: envelope(['a@moh.example', 'b@moh.example'], CONTENT),
    recipients: [address('a@moh.example')],
    reason: 'virus',
    verdict: verdict('infected'),
    detail: 'Eicar',
    ...changes,
  };
}

async function setUp(path: string) {
  const state = { now: 1_000_000, reports: [] as string[] };
  const clock: Clock = { ...systemClock, now: () => state.now };
  const log: Log = { ...silentLog, error: (facts) => void state.reports.push(JSON.stringify(facts)) };
  const open = () =>
    createQuarantine({
      folder: join(path, 'quarantine'),
      settings: { keepMs: 30 * DAY, keepUndeliverableMs: 14 * DAY },
      clock,
      log,
    });
  return { state, open, folder: join(path, 'quarantine') };
}

test('a kept message is there with its reason, octets and times, also after a restart', async () => {
  await using temp = await tempFolder();
  const { open, folder } = await setUp(temp.path);
  const item = newItem();
  const times = { keptAt: 1_000_000, expiresAt: 1_000_000 + 30 * DAY };
  const expected = { ...item, ...times, head: { from: null, subject: 'x' } };
  {
    await using quarantine = await open();
    await quarantine.keep(item, content());
    expect(await quarantine.get(item.envelope.id)).toEqual(expected);
  }
  await using quarantine = await open();
  expect(await quarantine.entries()).toEqual([entryOf(expected)]);
  expect(await readFile(join(folder, item.envelope.id, 'message.eml'))).toEqual(CONTENT);
});

test('nobody else may read it', async () => {
  await using temp = await tempFolder();
  const { open, folder } = await setUp(temp.path);
  await using quarantine = await open();
  const item = newItem();
  await quarantine.keep(item, content());
  const modes = [];
  for (const path of [
    '.',
    item.envelope.id,
    `${item.envelope.id}/message.eml`,
    `${item.envelope.id}/facts.json`,
  ]) {
    modes.push(((await stat(join(folder, path))).mode & 0o777).toString(8));
  }
  expect(modes).toEqual(['700', '700', '600', '600']);
});

test('keeping it again adds recipients, even at the same time', async () => {
  await using temp = await tempFolder();
  const { open } = await setUp(temp.path);
  await using quarantine = await open();
  const item = newItem();
  const keeps = ['a@moh.example', 'b@moh.example', 'c@moh.example', 'a@moh.example'].map((text) =>
    quarantine.keep({ ...item, recipients: [address(text)] }, content()),
  );
  await Promise.all(keeps);
  const recipients = (await quarantine.get(item.envelope.id))?.recipients ?? [];
  expect([...recipients].sort()).toEqual(['a@moh.example', 'b@moh.example', 'c@moh.example']);
});

test('undeliverable mail has a time of its own; only what is past its time is deleted', async () => {
  await using temp = await tempFolder();
  const { state, open, folder } = await setUp(temp.path);
  await using quarantine = await open();
  const infected = newItem();
  const undeliverable = newItem({ reason: 'undeliverable' });
  await quarantine.keep(infected, content());
  await quarantine.keep(undeliverable, content());
  state.now += 14 * DAY - 1;
  expect(await quarantine.expire()).toEqual([]);
  state.now += 1;
  const kept = await quarantine.get(undeliverable.envelope.id);
  expect(await quarantine.expire()).toEqual([kept]);
  expect(await namesIn(folder)).toEqual([infected.envelope.id]);
  expect(await quarantine.get(undeliverable.envelope.id)).toBe(null);
});

test('a broken item is reported and skipped, never deleted', async () => {
  await using temp = await tempFolder();
  const { state, open, folder } = await setUp(temp.path);
  await using quarantine = await open();
  const [whole, torn, later] = [newItem(), newItem(), newItem()];
  for (const item of [whole, torn, later]) await quarantine.keep(item, content());
  await writeFile(join(folder, torn.envelope.id, 'facts.json'), '{"version":1,"enve');
  await writeFile(join(folder, later.envelope.id, 'facts.json'), '{"version":2}');
  await mkdir(join(folder, 'notes'));
  expect((await quarantine.entries()).map(({ id }) => id)).toEqual([whole.envelope.id]);
  expect(state.reports).toHaveLength(3);
  state.now += 1_000 * DAY;
  expect(await quarantine.expire()).toHaveLength(1);
  expect(await namesIn(folder)).toEqual([later.envelope.id, torn.envelope.id, 'notes'].sort());
});

test('keeping a message whose item is broken moves the broken one aside', async () => {
  await using temp = await tempFolder();
  const { open, folder } = await setUp(temp.path);
  await using quarantine = await open();
  const item = newItem();
  await quarantine.keep(item, content());
  await writeFile(join(folder, item.envelope.id, 'facts.json'), '');
  await quarantine.keep(item, content());
  expect(await quarantine.get(item.envelope.id)).not.toBe(null);
  expect(await namesIn(folder)).toEqual([item.envelope.id, `${item.envelope.id}.broken-1`]);
});

test('P5: who is added later is kept for the full time, and the others with them', async () => {
  await using temp = await tempFolder();
  const { state, open } = await setUp(temp.path);
  await using quarantine = await open();
  const item = newItem({ reason: 'undeliverable' });
  await quarantine.keep(item, content());
  state.now += 5 * DAY;
  await quarantine.keep({ ...item, recipients: [address('b@moh.example')] }, content());
  state.now += 10 * DAY;
  expect(await quarantine.expire()).toEqual([]);
  state.now += 4 * DAY;
  expect(await quarantine.expire()).toHaveLength(1);
});

test('facts whose content is lost or cut do not pass for a kept message', async () => {
  await using temp = await tempFolder();
  const { open, folder } = await setUp(temp.path);
  await using quarantine = await open();
  const item = newItem();
  await quarantine.keep(item, content());
  const file = join(folder, item.envelope.id, 'message.eml');
  await writeFile(file, CONTENT.subarray(0, 3));
  await quarantine.keep(item, content());
  expect(await readFile(file)).toEqual(CONTENT);
});

test('a message that cannot be read is not kept, and leaves nothing', async () => {
  await using temp = await tempFolder();
  const { open, folder } = await setUp(temp.path);
  await using quarantine = await open();
  const broken = new Readable({
    read() {
      this.destroy(new Error('EIO'));
    },
  });
  await expect(quarantine.keep(newItem(), broken)).rejects.toThrow('EIO');
  expect(await namesIn(folder)).toEqual([]);
});

test('what a crash left half written is gone after the start, unless somebody may be writing it yet', async () => {
  await using temp = await tempFolder();
  const { state, open, folder } = await setUp(temp.path);
  state.now = Date.now();
  await mkdir(folder, { recursive: true, mode: 0o700 });
  for (const name of ['.new-m1-a', '.new-m2-b', '.gone-m3-c']) {
    await mkdir(join(folder, name));
    await writeFile(join(folder, name, 'message.eml'), 'half');
  }
  await utimes(join(folder, '.new-m1-a'), 0, 0);
  await using quarantine = await open();
  expect(await quarantine.entries()).toEqual([]);
  expect(await namesIn(folder)).toEqual(['.new-m2-b']);
  state.now += 2 * 3_600_000;
  await quarantine.expire();
  expect(await namesIn(folder)).toEqual([]);
});

test('the content is read octet for octet, and to its end when the item goes meanwhile', async () => {
  await using temp = await tempFolder();
  const { open } = await setUp(temp.path);
  await using quarantine = await open();
  const { id } = newItem().envelope;
  expect(await quarantine.read(id)).toBe(null);
  const item = newItem();
  await quarantine.keep(item, content());
  const stream = await quarantine.read(item.envelope.id);
  await quarantine.remove(item.envelope.id, item.recipients);
  if (!stream) throw new Error('not kept');
  expect(await buffer(stream)).toEqual(CONTENT);
  expect(await quarantine.read(item.envelope.id)).toBe(null);
});

test('content that is not whole is reported and not handed out', async () => {
  await using temp = await tempFolder();
  const { state, open, folder } = await setUp(temp.path);
  await using quarantine = await open();
  const item = newItem();
  await quarantine.keep(item, content());
  await writeFile(join(folder, item.envelope.id, 'message.eml'), CONTENT.subarray(0, 3));
  expect(await quarantine.read(item.envelope.id)).toBe(null);
  expect(state.reports).toHaveLength(1);
});

test('recipients are taken out, without regard to case, and the item goes with the last', async () => {
  await using temp = await tempFolder();
  const { open, folder } = await setUp(temp.path);
  await using quarantine = await open();
  const [a, b, c] = ['a@moh.example', 'b@moh.example', 'c@moh.example'].map(address);
  if (!a || !b || !c) throw new Error('no addresses');
  const item = newItem({ recipients: [a, b] });
  const { id } = item.envelope;
  await quarantine.keep(item, content());
  expect(await quarantine.remove(id, [c])).toBe(false);
  expect(await quarantine.remove(id, [address('A@moh.example')])).toBe(true);
  expect((await quarantine.get(id))?.recipients).toEqual([b]);
  expect(await quarantine.remove(id, [a])).toBe(false);
  expect(await quarantine.remove(id, [a, b])).toBe(true);
  expect([await quarantine.get(id), await namesIn(folder)]).toEqual([null, []]);
  expect(await quarantine.remove(id, [b])).toBe(false);
});

test('a keep and a remove of one message at once, by two users of the folder, lose no recipient', async () => {
  await using temp = await tempFolder();
  const { open } = await setUp(temp.path);
  await using worker = await open();
  await using api = await open();
  const [first, later] = [address('a@moh.example'), address('b@moh.example')];
  for (let round = 0; round < 20; round++) {
    const item = newItem({ recipients: [first] });
    const { id } = item.envelope;
    await worker.keep(item, content());
    await Promise.all([
      worker.keep({ ...item, recipients: [later] }, content()),
      api.remove(id, [first]),
      api.keep({ ...item, recipients: [later] }, content()),
    ]);
    expect((await api.get(id))?.recipients).toEqual([later]);
    expect(await buffer((await worker.read(id)) ?? Readable.from([]))).toEqual(CONTENT);
  }
});

const item = { ...newItem(), keptAt: 1, expiresAt: 2 };
const facts = (changes: object): string => writeFacts({ ...item, ...changes } as typeof item);
const broken: [string, string][] = [
  ['nothing', ''],
  ['an array', '[]'],
  ['another version', JSON.stringify({ ...item, version: 2 })],
  ['no version', JSON.stringify(item)],
  ['a time that is no number', facts({ expiresAt: 'never' })],
  ['an unknown reason', facts({ reason: 'because' })],
  ['a recipient that is no address', facts({ recipients: ['../x'] })],
  ['an envelope without id', facts({ envelope: { ...item.envelope, id: '../x' } })],
  ['a missing envelope', facts({ envelope: undefined })],
];
for (const [name, text] of broken) {
  test(`facts with ${name} are broken`, () => expect(readFacts(text).kind).toBe('broken'));
}

test('facts of an older version are read as what they meant', () => {
  const older = { kind: 'infected', signature: 'Eicar', score: 0, junkScore: 6, symbols: [] };
  const read = readFacts(facts({ reason: 'infected', verdict: older }));
  expect(read).toMatchObject({
    item: {
      reason: 'virus',
      verdict: { action: 'refuse', findings: [{ reason: 'virus', detail: 'Eicar' }] },
    },
  });
});

test('entries are the last kept first, with those alone from whom it is kept yet', async () => {
  await using temp = await tempFolder();
  const { state, open } = await setUp(temp.path);
  await using quarantine = await open();
  const [first, second] = [newItem(), newItem({ reason: 'spam' })];
  await quarantine.keep(first, content());
  state.now += 1_000;
  await quarantine.keep(second, content());
  await quarantine.keep({ ...first, recipients: [address('b@moh.example')] }, content());
  await quarantine.remove(first.envelope.id, [address('a@moh.example')]);
  expect(await quarantine.entries()).toMatchObject([
    { id: second.envelope.id, reason: 'spam', recipients: [{ address: 'a@moh.example', keptAt: 1_001_000 }] },
    {
      id: first.envelope.id,
      keptAt: 1_000_000,
      recipients: [{ address: 'b@moh.example', keptAt: 1_001_000 }],
    },
  ]);
});

test('what another process keeps, changes and removes shows at once', async () => {
  await using temp = await tempFolder();
  const { open } = await setUp(temp.path);
  await using worker = await open();
  await using api = await open();
  const [a, b] = [address('a@moh.example'), address('b@moh.example')];
  const item = newItem();
  const seen = async () =>
    (await api.entries()).map(({ recipients }) => recipients.map((one) => one.address));
  await worker.keep(item, content());
  expect(await seen()).toEqual([[a]]);
  await worker.keep({ ...item, recipients: [b] }, content());
  expect(await seen()).toEqual([[a, b]]);
  await worker.remove(item.envelope.id, [a]);
  expect(await seen()).toEqual([[b]]);
  await worker.remove(item.envelope.id, [b]);
  expect(await seen()).toEqual([]);
});

test('facts are read once, and again only when they change', async () => {
  await using temp = await tempFolder();
  const { open } = await setUp(temp.path);
  await using quarantine = await open();
  const [one, two] = [newItem(), newItem()];
  for (const item of [one, two]) await quarantine.keep(item, content());
  const before = await quarantine.entries();
  expect(await quarantine.entries()).toBe(before);
  await quarantine.keep({ ...two, recipients: [address('b@moh.example')] }, content());
  const after = await quarantine.entries();
  const entryIn = (entries: typeof before, { envelope: { id } }: NewItem) =>
    entries.find((one) => one.id === id);
  expect(entryIn(after, one)).toBe(entryIn(before, one));
  expect(entryIn(after, two)).not.toEqual(entryIn(before, two));
});

test('whatever is kept after a settled moment has a later time, and what has an earlier one is there', async () => {
  await using temp = await tempFolder();
  const { state, open } = await setUp(temp.path);
  await using worker = await open();
  await using api = await open();
  let until = 0;
  let known: readonly string[] = [];
  const keeping = Array.from({ length: 20 }, async (_, n) => {
    state.now += n % 2;
    await worker.keep(newItem(), content());
  });
  const asking = Promise.all(keeping.slice(0, 5)).then(async () => {
    until = await api.settled();
    known = (await api.entries()).map(({ id }) => id);
  });
  await Promise.all([...keeping, asking]);
  for (const { id, keptAt } of await api.entries()) if (keptAt <= until) expect(known).toContain(id);
});

test('from and subject are kept decoded; what hides in them is text', async () => {
  await using temp = await tempFolder();
  const { open } = await setUp(temp.path);
  await using quarantine = await open();
  const text = Buffer.from(
    'From: =?utf-8?B?U2l0aSBOdXJow6FsaXph?= <siti@x.example>\r\nSubject: =?utf-8?Q?Jem=70utan?=\r\n =?utf-8?Q?_ke_majlis?=\r\nSubject: two\r\n\r\nFrom: nobody\r\n',
  );
  const item = newItem({ envelope: envelope(['a@moh.example'], text) });
  await quarantine.keep(item, Readable.from([text], { objectMode: false }));
  expect((await quarantine.get(item.envelope.id))?.head).toEqual({
    from: 'Siti Nurháliza <siti@x.example>',
    subject: 'Jemputan ke majlis',
  });
});

test('facts are read as they were written', () => {
  expect(readFacts(writeFacts(item))).toEqual({ kind: 'item', item });
});
