/** The link over a real socket, with a real spool at one end; both ends in this process, so that each can be ended at will. */

import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import { endpointIn, openTestLink, startTestReceiver, workerReport } from '../../test/support/linking.ts';
import { verdict } from '../../test/support/messages.ts';
import {
  collect,
  contentOf,
  DELIVERED,
  envelopeFor,
  fastClock,
  recipientAddress,
} from '../../test/support/spooling.ts';
import { tempFolder } from '../../test/support/temp-folder.ts';
import { waitFor } from '../../test/support/wait-for.ts';
import { newMessageId } from '../mail/message-id.ts';

const CLEAN = verdict('clean', { symbols: ['A'] });
const SPAM = verdict('spam', { symbols: ['A'] });
const never = new AbortController().signal;
const finished = { kind: 'finished' } as const;

async function setUp({ spool = {} } = {}) {
  await using made = new AsyncDisposableStack();
  const folder = made.use(await tempFolder());
  let receiver = await startTestReceiver(folder.path, { spool });
  made.defer(() => receiver[Symbol.asyncDispose]());
  const link = made.use(await openTestLink(folder.path));
  const all = made.move();
  return {
    folder: folder.path,
    link,
    ...link.work,
    get receiver() {
      return receiver;
    },
    /** Away when it resolves; `back` starts the next one. */
    async stop() {
      await receiver[Symbol.asyncDispose]();
      await waitFor('the link to notice', () => (link.connected ? undefined : true));
    },
    async back() {
      receiver = await startTestReceiver(folder.path, { spool });
      await link.whenConnected();
    },
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}

test('a message is taken, read, noted and finished', async () => {
  await using set = await setUp();
  const { receiver, jobs, spool } = set;
  const id = await receiver.put(3_000, 2);
  expect(await jobs.take('scan', id)).toBe(true);
  expect(await jobs.take('scan', id)).toBe(false);
  expect(await collect(await spool.read(id))).toEqual(contentOf(id, 3_000));
  expect(spool.get(id)).toEqual(receiver.spool.get(id));

  await spool.setVerdict(id, CLEAN);
  const recipients = [recipientAddress(1)];
  await spool.defer(id, { stage: 'deliver', recipients, attempt: 1, nextTryAt: 9, reason: 'später – نعم' });
  await spool.settle(id, recipientAddress(2), DELIVERED);
  expect(receiver.spool.get(id)).toMatchObject({
    verdict: CLEAN,
    recipients: [{ attempts: 1, reason: 'später – نعم' }, { outcome: DELIVERED }],
  });
  expect(spool.get(id)).toEqual(receiver.spool.get(id));

  await spool.settle(id, recipientAddress(1), DELIVERED);
  expect(spool.get(id)).toBeUndefined();
  expect(receiver.spool.get(id)).toBeUndefined();
  await jobs.done('scan', id, finished);
  await waitFor('the queue', () => (receiver.queue.status.running === 0 ? true : undefined));
});

test('a large message is read from its own file, octet for octet', async () => {
  await using set = await setUp();
  const id = await set.receiver.put(1_000_000);
  await set.jobs.take('scan', id);
  expect(await collect(await set.spool.read(id))).toEqual(contentOf(id, 1_000_000));
});

test('a settlement for somebody who is no recipient is refused, as by the spool itself', async () => {
  await using set = await setUp();
  const id = await set.receiver.put();
  await set.jobs.take('scan', id);
  await expect(set.spool.settle(id, recipientAddress(9), DELIVERED)).rejects.toThrow('no recipient');
});

test('a message that moved meanwhile is read at its new place', async () => {
  await using set = await setUp({ spool: { clock: fastClock, settings: { segmentMs: 1 } } });
  const id = await set.receiver.put();
  await set.jobs.take('scan', id);
  const before = set.receiver.spool.place(id)?.path;
  // What is held gets a file of its own, and so does the rest of its segment here, once it is sealed.
  await set.receiver.spool.hold(id, true);
  await set.receiver.spool.hold(await set.receiver.put(), true);
  await waitFor('the move', async () => {
    const names = await readdir(join(set.folder, 'spool', 'segments'));
    return names.every((name) => !before?.endsWith(name)) ? true : undefined;
  });
  expect(await collect(await set.spool.read(id))).toEqual(contentOf(id, 3_000));
});

for (const sizeBytes of [3_000, 1_000_000]) {
  test(`content of ${sizeBytes} octets that does not check out is parked by the receiver`, async () => {
    await using set = await setUp();
    const id = await set.receiver.put(sizeBytes);
    await set.jobs.take('scan', id);
    const place = set.receiver.spool.place(id);
    if (!place) throw new Error('no place');
    const octets = await readFile(place.path);
    octets.write('DAMAGED', place.offset + sizeBytes - 100);
    await writeFile(place.path, octets);
    await expect(set.spool.read(id).then(collect)).rejects.toThrow('checksum');
    expect(set.receiver.spool.get(id)).toBeUndefined();
    expect(set.receiver.spool.status.parked).toBe(1);
    expect(set.spool.get(id)).toBeUndefined();
  });
}

test('a verdict reaches the session that waits for it, and its answer the worker', async () => {
  await using set = await setUp();
  const id = newMessageId(Date.now());
  const waiting = set.receiver.verdicts.expect(id, 60_000, never);
  expect(await set.verdicts.report(id, SPAM)).toBe('refused');
  expect(await waiting).toEqual(SPAM);
  expect(await set.verdicts.report(id, SPAM)).toBe('accepted');
  const given = set.receiver.verdicts.expect(id, 60_000, never);
  set.verdicts.giveUp(id);
  expect(await given).toBeNull();
});

test('what a worker had is handed out again when its connection ends, and what it held of the store', async () => {
  await using set = await setUp();
  const { receiver } = set;
  const [taken, queued] = [await receiver.put(), await receiver.put()];
  await set.jobs.take('scan', taken);
  const session = set.session();
  await set.link[Symbol.asyncDispose]();
  expect(session.aborted).toBe(true);
  await waitFor('the jobs', () => (receiver.jobs.length === 4 ? true : undefined));
  expect(
    receiver.jobs
      .map((job) => job.id)
      .slice(2)
      .sort(),
  ).toEqual([taken, queued].sort());
  expect(receiver.workers.workersConnected).toBe(0);
});

test('sessions that wait for a verdict are let go when their worker leaves, and all when it was the last', async () => {
  await using set = await setUp();
  const { receiver } = set;
  await using other = await openTestLink(set.folder);
  const [taken, untaken] = [await receiver.put(), await receiver.put()];
  await other.work.jobs.take('scan', taken);
  const ofTaken = receiver.verdicts.expect(taken, 60_000, never);
  const ofUntaken = receiver.verdicts.expect(untaken, 60_000, never);
  await other[Symbol.asyncDispose]();
  expect(await ofTaken).toBeNull();
  await set.link[Symbol.asyncDispose]();
  expect(await ofUntaken).toBeNull();
});

test('sessions go on waiting when a process that is no worker leaves', async () => {
  await using set = await setUp();
  const { verdicts, workers } = set.receiver;
  await set.link[Symbol.asyncDispose]();
  await waitFor('the worker to be gone', () => (workers.workersConnected === 0 ? true : undefined));
  const api = await openTestLink(set.folder, { roles: ['api'] });
  const id = newMessageId(Date.now());
  // As with a worker in the receiver's own process.
  const waiting = verdicts.expect(id, 60_000, never);
  await api[Symbol.asyncDispose]();
  await using worker = await openTestLink(set.folder);
  expect(await worker.work.verdicts.report(id, SPAM)).toBe('refused');
  expect(await waiting).toEqual(SPAM);
});

test('while the receiver is away a job waits, and is taken from the next one', async () => {
  await using set = await setUp();
  const id = await set.receiver.put();
  await set.stop();
  const taking = set.jobs.take('scan', id);
  expect(set.session().aborted).toBe(true);
  expect(set.link.problem).not.toBeNull();
  await set.back();
  expect(await taking).toBe(true);
  expect(set.session().aborted).toBe(false);
});

test('P2: what was noted while the receiver was away is in its spool before it hands the message out again', async () => {
  await using set = await setUp();
  const id = await set.receiver.put(3_000, 2);
  await set.jobs.take('scan', id);
  await set.stop();
  const first = set.spool.settle(id, recipientAddress(1), DELIVERED);
  const verdict = set.spool.setVerdict(id, CLEAN);
  const second = set.spool.settle(id, recipientAddress(2), DELIVERED);
  expect(set.spool.get(id)).toBeUndefined();
  const again = set.jobs.take('scan', id);
  await set.back();
  expect(await again).toBe(false);
  await Promise.all([first, verdict, second]);
  expect(set.receiver.spool.get(id)).toBeUndefined();
});

test('a step that ended over a lost connection does not end the one that another worker began', async () => {
  await using set = await setUp();
  const id = await set.receiver.put();
  await set.jobs.take('scan', id);
  await set.stop();
  await set.back();
  await using other = await openTestLink(set.folder);
  expect(await other.work.jobs.take('scan', id)).toBe(true);
  await set.jobs.done('scan', id, finished);
  expect(await set.link.control.report()).toMatchObject({ queue: { running: 1 } });
});

test('a verdict whose answer is lost rejects: the message is scanned again', async () => {
  await using set = await setUp();
  const id = await set.receiver.put();
  await set.jobs.take('scan', id);
  const reporting = new Promise((resolve) => {
    set.receiver.verdicts.report = async () => {
      resolve(null);
      return new Promise(() => {});
    };
  });
  const report = set.verdicts.report(id, SPAM);
  report.catch(() => {});
  await reporting;
  await set.stop();
  await expect(report).rejects.toMatchObject({ name: 'Away' });
  await expect(set.verdicts.report(id, SPAM)).rejects.toMatchObject({ name: 'Away' });
});

test('mail of 5 MB enters octet for octet, is recorded, and queued', async () => {
  await using set = await setUp();
  const content = randomBytes(5_000_000);
  const envelope = envelopeFor(newMessageId(Date.now()), content.length);
  const { id } = envelope;
  const release = { by: 'root', force: true };
  const source = Readable.from([content.subarray(0, 7), content.subarray(7)], { objectMode: false });
  expect(await set.enter({ ...envelope, release }, source)).toEqual({ kind: 'stored' });
  const { receiver } = set;
  const stored = await collect(await receiver.spool.read(id));
  expect(createHash('sha256').update(stored).digest('hex')).toBe(
    createHash('sha256').update(content).digest('hex'),
  );
  expect(receiver.spool.get(id)?.envelope).toEqual({ ...envelope, release });
  expect(receiver.trace.events).toMatchObject([{ kind: 'accepted', id, recovered: false }]);
  await waitFor('the job', () => (receiver.jobs.some((job) => job.id === id) ? true : undefined));
});

test('mail that is cut short, or not as long as it says, leaves nothing', async () => {
  await using set = await setUp();
  const envelope = envelopeFor(newMessageId(Date.now()), 10_000);
  const broken = Readable.from(
    (async function* () {
      yield Buffer.alloc(5_000);
      throw new Error('EIO: i/o error, read');
    })(),
    { objectMode: false },
  );
  await expect(set.enter(envelope, broken)).rejects.toThrow('EIO');
  const short = Readable.from([Buffer.alloc(9_999)], { objectMode: false });
  await expect(set.enter(envelope, short)).rejects.toThrow('has 9999 octets, not 10000');
  expect(short.destroyed).toBe(true);
  expect(set.receiver.spool.status.messages).toBe(0);
  expect(set.receiver.trace.events).toEqual([]);
});

test('mail that enters while the receiver goes away rejects, and nothing of it stays', async () => {
  await using set = await setUp();
  const envelope = envelopeFor(newMessageId(Date.now()), 200_000);
  const endless = new Readable({ read: () => {} });
  endless.push(Buffer.alloc(100_000));
  const entering = set.enter(envelope, endless);
  entering.catch(() => {});
  await set.stop();
  endless.push(Buffer.alloc(100_000));
  await expect(entering).rejects.toMatchObject({ name: 'Away' });
  await set.back();
  expect(set.receiver.spool.status.messages).toBe(0);
});

test('the API sees and changes the queue', async () => {
  await using set = await setUp();
  const { control } = set.link;
  const [one, two] = [await set.receiver.put(), await set.receiver.put()];
  expect(await control.queue.change('hold', [one, one], 'root')).toEqual([one]);
  expect(await control.queue.list({ held: true }, 10)).toEqual({
    total: 1,
    messages: [set.receiver.spool.get(one)],
  });
  expect((await control.queue.list({}, 1)).total).toBe(2);
  expect(await control.queue.get(two)).toEqual(set.receiver.spool.get(two));
  expect(await control.queue.get(newMessageId(0))).toBeNull();
  expect(await control.report()).toMatchObject({ queue: { held: 1 }, workers: [] });
  await set.stop();
  await expect(control.queue.list({}, 1)).rejects.toMatchObject({ name: 'Away' });
});

test('a long page ends sooner, with the total all the same', async () => {
  await using set = await setUp();
  const { receiver } = set;
  const id = await receiver.put(100, 1_000);
  const message = receiver.spool.get(id);
  if (!message) throw new Error('no message');
  const list = receiver.queue.list;
  receiver.queue.list = async () => ({ total: 100, messages: Array.from({ length: 100 }, () => message) });
  const page = await set.link.control.queue.list({}, 100);
  receiver.queue.list = list;
  expect(page.total).toBe(100);
  expect(page.messages.length).toBeGreaterThan(5);
  expect(page.messages.length).toBeLessThan(50);
});

test('how a worker is: told, told again to the next receiver, forgotten when it is gone', async () => {
  await using set = await setUp();
  expect(set.receiver.workers.scannersUp()).toBe(false);
  expect(set.receiver.workers.workersConnected).toBe(1);
  set.tell(workerReport(true));
  const heard = () => waitFor('the report', () => (set.receiver.workers.scannersUp() ? true : undefined));
  await heard();
  expect((await set.link.control.report()).workers).toEqual([workerReport(true)]);
  await set.stop();
  await set.back();
  await heard();
  await set.link[Symbol.asyncDispose]();
  await waitFor('the end', () => (set.receiver.workers.workersConnected === 0 ? true : undefined));
  expect(set.receiver.workers.scannersUp()).toBe(false);
});

test('a process of another version is refused, with a line that says what to do', async () => {
  await using folder = await tempFolder();
  await using _receiver = await startTestReceiver(folder.path);
  await using link = await openTestLink(folder.path, { version: '9.9.9', wait: false });
  const problem = await waitFor('the refusal', () =>
    link.problem?.includes('version') ? link.problem : undefined,
  );
  expect(problem).toBe('the receiver is version 1.2.3 and this process 9.9.9; start both from one version');
  expect(link.connected).toBe(false);
});

const strangers: [string, string][] = [
  ['a question before hello', '{"ask":1,"what":"report","body":null}\n'],
  ['a notice before hello', '{"what":"give-up","body":"x"}\n'],
  ['what nobody knows', '{"ask":1,"what":"toString","body":null}\n'],
  ['a path for an id', hello('{"ask":2,"what":"place","body":"../../etc/passwd"}')],
  ['a note that is no line of a journal', hello('{"ask":2,"what":"note","body":"refused"}')],
  ['an envelope without a sender', hello('{"what":"enter-begin","body":{"number":1,"envelope":{}}}')],
  ['garbage', `${'\u0000'.repeat(1_000)}\n`.repeat(1_000)],
];
for (const [name, text] of strangers) {
  test(`a stranger at the socket is cut, and mail goes on: ${name}`, async () => {
    await using set = await setUp();
    const stranger = connect({ path: endpointIn(set.folder).path });
    stranger.on('error', () => {});
    stranger.resume();
    const closed = new Promise((resolve) => stranger.once('close', resolve));
    await once(stranger, 'connect');
    stranger.write(text);
    await closed;
    const id = await set.receiver.put();
    expect(await set.jobs.take('scan', id)).toBe(true);
  });
}

function hello(line: string): string {
  return `{"ask":1,"what":"hello","body":{"version":"1.2.3","roles":["work"]}}\n${line}\n`;
}

test('who stops while the receiver is away does not wait for it', async () => {
  await using set = await setUp();
  const id = await set.receiver.put();
  await set.jobs.take('scan', id);
  await set.stop();
  const note = set.spool.setVerdict(id, CLEAN);
  const taking = set.jobs.take('scan', newMessageId(0));
  for (const waiting of [note, taking]) waiting.catch(() => {});
  await set.link[Symbol.asyncDispose]();
  await expect(note).rejects.toMatchObject({ name: 'Away' });
  await expect(taking).rejects.toMatchObject({ name: 'Away' });
});
