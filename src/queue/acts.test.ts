import { expect, test } from 'vitest';
import { createFakeTrace } from '../../test/support/fake-spool.ts';
import { createMemorySpool } from '../../test/support/memory-spool.ts';
import { address, verdict } from '../../test/support/messages.ts';
import { waitFor } from '../../test/support/wait-for.ts';
import { systemClock } from '../lib/clock.ts';
import { silentLog } from '../lib/log.ts';
import type { MessageId } from '../mail/message-id.ts';
import type { Job } from './job-store.ts';
import type { QueueFilter } from './queue.ts';
import { createQueue } from './scheduled-queue.ts';

const CLEAN = verdict('clean');
const LATER = Date.now() + 3_600_000;

/** A queue over a store that forgets nothing; the test is the worker. */
function setUp() {
  const spool = createMemorySpool();
  const trace = createFakeTrace();
  const added: Job[] = [];
  const store = {
    available: true,
    problem: null,
    onReady: () => {},
    add: async (_stage: string, jobs: readonly Job[]) => added.push(...jobs) > 0,
    has: async () => true,
    [Symbol.asyncDispose]: async () => {},
  };
  const log = silentLog;
  const queue = createQueue({ spool, trace, store, reconcileMs: 60_000, clock: systemClock, log });
  const put = (...recipients: string[]): MessageId => {
    const id = spool.put(...recipients);
    queue.submit(id);
    return id;
  };
  const handedOut = (id: MessageId, times = 1) =>
    waitFor('the job', () => (added.filter((job) => job.id === id).length === times ? true : undefined));
  const running = async (...recipients: string[]): Promise<MessageId> => {
    const id = put(...recipients);
    await handedOut(id);
    expect(await queue.take('scan', id)).toBe(true);
    return id;
  };
  /** Waits an hour for its next delivery. */
  const deferred = async (): Promise<MessageId> => {
    const id = await running();
    await spool.setVerdict(id, CLEAN);
    const recipients = [address('aminah@moh.example')];
    await spool.defer(id, { stage: 'deliver', recipients, attempt: 2, nextTryAt: LATER, reason: 'full' });
    await queue.done('scan', id, { kind: 'retry', stage: 'deliver', at: LATER });
    return id;
  };
  const change = (act: 'retry' | 'hold' | 'release' | 'drop', ...ids: MessageId[]) =>
    queue.change(act, ids, 'root');
  const end = () => queue[Symbol.asyncDispose]();
  return {
    spool,
    trace,
    queue,
    added,
    put,
    handedOut,
    running,
    deferred,
    change,
    [Symbol.asyncDispose]: end,
  };
}

test('a held message is not taken, though its job is in the store already; let go, it is handed out again', async () => {
  await using set = setUp();
  const id = set.put();
  await set.handedOut(id);
  expect(await set.change('hold', id)).toEqual([id]);
  expect(await set.queue.take('scan', id)).toBe(false);
  expect(set.queue.status).toMatchObject({ held: 1, waiting: 0 });
  expect(await set.change('hold', id)).toEqual([]);
  expect(await set.change('release', id)).toEqual([id]);
  await set.handedOut(id, 2);
  expect(new Set(set.added.map((job) => job.number)).size).toBe(2);
  expect(await set.queue.take('scan', id)).toBe(true);
  expect(await set.queue.take('scan', id)).toBe(false);
  expect(set.trace.events).toMatchObject([
    { kind: 'queue-act', id, act: 'hold', by: 'root' },
    { kind: 'queue-act', id, act: 'release', by: 'root' },
  ]);
});

test('what is under way when it is held ends its step, and rests then', async () => {
  await using set = setUp();
  const id = await set.running();
  await set.change('hold', id);
  await set.queue.done('scan', id, { kind: 'next', stage: 'deliver' });
  expect(set.queue.status).toMatchObject({ held: 1, running: 0, waiting: 0 });
  await set.change('release', id);
  await set.handedOut(id, 2);
  expect(await set.queue.take('deliver', id)).toBe(true);
});

test('a message found held at the start is not worked on', async () => {
  await using set = setUp();
  const id = set.spool.put();
  await set.spool.hold(id, true);
  set.queue.submit(id);
  expect(set.queue.status).toMatchObject({ held: 1, waiting: 0 });
});

test('a hold that the disk refuses is none', async () => {
  await using set = setUp();
  const id = set.put();
  set.spool.hold = () => Promise.reject(new Error('EIO'));
  await expect(set.change('hold', id)).rejects.toThrow('EIO');
  await set.handedOut(id);
  expect(await set.queue.take('scan', id)).toBe(true);
  expect(set.trace.events).toEqual([]);
});

test('retry: due at once, with the same attempt and reason; what is due already is not changed', async () => {
  await using set = setUp();
  const [late, due] = [await set.deferred(), set.put()];
  expect(await set.change('retry', late, due, late)).toEqual([late]);
  await set.handedOut(late, 2);
  expect(await set.queue.take('deliver', late)).toBe(true);
  const [state] = set.spool.get(late)?.recipients ?? [];
  expect(state).toMatchObject({ attempts: 2, reason: 'full' });
  expect(state?.nextTryAt).toBeLessThanOrEqual(Date.now());
  expect(set.trace.events).toEqual([{ kind: 'queue-act', id: late, act: 'retry', by: 'root' }]);
});

test('drop: every recipient who waits is discarded by rule operator, held before it is settled', async () => {
  await using set = setUp();
  const id = set.put('ali@moh.example', 'chong@moh.example');
  await set.spool.settle(id, address('ali@moh.example'), { kind: 'quarantined', reason: 'spam' });
  const heldThen: (boolean | undefined)[] = [];
  const { settle } = set.spool;
  set.spool.settle = (...args) => {
    heldThen.push(set.spool.get(id)?.held);
    return settle(...args);
  };
  expect(await set.change('drop', id)).toEqual([id]);
  expect(set.spool.get(id)).toBeUndefined();
  expect(heldThen).toEqual([true]);
  expect(set.trace.events).toMatchObject([
    { kind: 'queue-act', act: 'drop' },
    { kind: 'discarded', recipient: 'chong@moh.example', rule: 'operator' },
  ]);
  expect(await set.change('drop', id)).toEqual([]);
  expect(set.queue.status).toMatchObject({ held: 0, waiting: 0 });
});

test('P2: what is dropped while it is worked on ends for those whom the step left', async () => {
  await using set = setUp();
  const id = await set.running('ali@moh.example', 'chong@moh.example');
  expect(await set.change('drop', id)).toEqual([id]);
  const delivered = { kind: 'delivered', folder: 'INBOX', reply: '250 ok' } as const;
  await set.spool.settle(id, address('ali@moh.example'), delivered);
  await set.queue.done('scan', id, { kind: 'retry', stage: 'scan', at: LATER });
  await waitFor('the end', () => (set.spool.get(id) ? undefined : true));
  const discarded = set.trace.events.filter((event) => event.kind === 'discarded');
  expect(discarded).toMatchObject([{ recipient: 'chong@moh.example', rule: 'operator' }]);
});

test('a drop is carried out also when the worker of the message is gone', async () => {
  await using set = setUp();
  const id = await set.running();
  await set.change('drop', id);
  set.queue.abandoned([id]);
  await waitFor('the end', () => (set.spool.get(id) ? undefined : true));
});

const filters: [string, QueueFilter, string[]][] = [
  ['nothing asked', {}, ['a', 'b', 'c']],
  ['a recipient in any case', { recipient: 'ALI@moh.example' }, ['a']],
  ['a domain', { recipient: '@mot.example' }, ['b', 'c']],
  ['a domain is no ending', { recipient: '@t.example' }, []],
  ['held', { held: true }, ['c']],
  ['not held', { held: false }, ['a', 'b']],
  ['a stage', { stage: 'deliver' }, ['b']],
  ['a recipient who has it already is not looked for', { recipient: 'done@mot.example' }, []],
  ['a sender', { sender: 'ali@partner.example' }, ['a', 'b', 'c']],
  ['another sender', { sender: '<>' }, []],
  ['two at once', { held: false, recipient: '@mot.example' }, ['b']],
];
for (const [name, filter, expected] of filters) {
  test(`list: ${name}`, async () => {
    await using set = setUp();
    const a = set.put('ali@moh.example');
    const b = set.put('badrul@mot.example', 'done@mot.example');
    const c = set.put('chong@mot.example');
    await set.spool.setVerdict(b, CLEAN);
    await set.spool.settle(b, address('done@mot.example'), { kind: 'quarantined', reason: 'spam' });
    await set.change('hold', c);
    const page = await set.queue.list(filter, 100);
    const names = new Map([
      [a, 'a'],
      [b, 'b'],
      [c, 'c'],
    ]);
    expect(page.messages.map(({ envelope }) => names.get(envelope.id)).sort()).toEqual(expected);
    expect((await set.queue.list(filter, 1)).total).toBe(expected.length);
  });
}

test('list: page after page in the order of arrival, also behind one that has gone meanwhile', async () => {
  await using set = setUp();
  const ids = Array.from({ length: 7 }, () => set.put('ali@moh.example')).sort();
  const seen: MessageId[] = [];
  for (let after: MessageId | null = null; ; after = seen.at(-1) ?? null) {
    const { total, messages } = await set.queue.list(after === null ? {} : { after }, 3);
    expect(total).toBe(ids.length - seen.length);
    if (messages.length === 0) break;
    seen.push(...messages.map(({ envelope }) => envelope.id));
    const last = seen.at(-1);
    if (last) await set.change('drop', last);
  }
  expect(seen).toEqual(ids);
});
