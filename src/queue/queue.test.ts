import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { afterEach, expect, test } from 'vitest';
import { envelope } from '../../test/support/messages.ts';
import { tempFolder } from '../../test/support/temp-folder.ts';
import { waitFor } from '../../test/support/wait-for.ts';
import { systemClock } from '../lib/clock.ts';
import { silentLog } from '../lib/log.ts';
import { type MessageId, newMessageId } from '../mail/message-id.ts';
import { applyEntry, newMessage } from '../spool/message-state.ts';
import type { Deferral, SpooledMessage } from '../spool/spool.ts';
import { createBullmqStore } from './bullmq.ts';
import { createFeeder, dueAt } from './feeder.ts';
import type { StepResult } from './queue.ts';

const children = new Set<ChildProcess>();
afterEach(async () => {
  for (const child of children) await end(child);
});

function startRedis(folder: string, ...more: string[]): ChildProcess {
  const args = [
    '--port',
    '0',
    '--unixsocket',
    join(folder, 'r.sock'),
    '--dir',
    folder,
    '--save',
    '',
    ...more,
  ];
  const child = spawn('redis-server', args, { stdio: 'ignore' });
  children.add(child);
  return child;
}

async function end(child: ChildProcess): Promise<void> {
  children.delete(child);
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await gone;
}

function message(id: MessageId): SpooledMessage {
  return newMessage(envelope(['aminah@moh.example'], Buffer.alloc(1), { id }));
}

/** A spool of a list, and a queue over the real Redis whose scan handler answers what the test says. */
async function setUp(folder: string, answer: (id: MessageId, nth: number) => StepResult, log = silentLog) {
  const messages = new Map<MessageId, SpooledMessage>();
  const calls: MessageId[] = [];
  const postponed: (Deferral & { readonly id: MessageId })[] = [];
  const store = createBullmqStore({
    endpoint: { kind: 'unix', path: join(folder, 'r.sock') },
    log,
  });
  const handle = async (id: MessageId): Promise<StepResult> => {
    calls.push(id);
    const result = answer(id, calls.filter((call) => call === id).length);
    if (result.kind === 'finished') messages.delete(id);
    return result;
  };
  const queue = createFeeder({
    spool: {
      get: (id) => messages.get(id),
      list: () => messages.values(),
      async defer(id, deferral) {
        const found = messages.get(id);
        const changed = found && applyEntry(found, { kind: 'deferred', id, deferral });
        if (changed) messages.set(id, changed);
      },
    },
    postponed: (id, deferral) => postponed.push({ id, ...deferral }),
    store,
    handlers: { scan: handle, deliver: handle },
    concurrency: { scan: 4, deliver: 4 },
    reconcileMs: 100,
    clock: systemClock,
    log,
  });
  const put = (): MessageId => {
    const id = newMessageId(Date.now());
    messages.set(id, message(id));
    queue.submit(id);
    return id;
  };
  const drained = () => waitFor('all messages to finish', () => (messages.size === 0 ? true : undefined));
  return { queue, calls, put, drained, messages, store, postponed };
}

const finished: StepResult = { kind: 'finished' };

test('every submitted message is handled, stage after stage, once', async () => {
  await using folder = await tempFolder();
  startRedis(folder.path);
  const { queue, calls, put, drained } = await setUp(folder.path, (_id, nth) =>
    nth === 1 ? { kind: 'next', stage: 'deliver' } : finished,
  );
  await using _queue = queue;
  const ids = Array.from({ length: 300 }, put);
  await drained();
  for (const id of ids) expect(calls.filter((call) => call === id)).toHaveLength(2);
  await waitFor('an idle queue', () =>
    queue.status.waiting + queue.status.running === 0 ? true : undefined,
  );
});

test('a message to be retried comes back when it is due, without a job waiting in Redis', async () => {
  await using folder = await tempFolder();
  startRedis(folder.path);
  const { queue, calls, put, drained } = await setUp(folder.path, (_id, nth) =>
    nth < 3 ? { kind: 'retry', stage: 'scan', at: Date.now() + 30 } : finished,
  );
  await using _queue = queue;
  const id = put();
  await drained();
  expect(calls).toEqual([id, id, id]);
});

test('P1: with Redis emptied again and again every message is still handled', async () => {
  await using folder = await tempFolder();
  startRedis(folder.path);
  const { queue, put, drained } = await setUp(folder.path, (_id, nth) =>
    nth < 2 ? { kind: 'next', stage: 'deliver' } : finished,
  );
  await using _queue = queue;
  await waitFor('redis', () => (queue.available ? true : undefined));
  const redis = new Redis({ path: join(folder.path, 'r.sock') });
  for (let round = 0; round < 20; round++) {
    for (let i = 0; i < 20; i++) put();
    await redis.flushall();
  }
  await drained();
  redis.disconnect();
});

test('P1: with Redis killed, submitting goes on, and all is handled when it is back, empty', async () => {
  await using folder = await tempFolder();
  const redis = startRedis(folder.path);
  const { queue, put, drained, store } = await setUp(folder.path, () => finished);
  await using _queue = queue;
  await waitFor('redis', () => (queue.available ? true : undefined));
  await end(redis);
  await waitFor('the queue to notice', () => (queue.available ? undefined : true));
  Array.from({ length: 50 }, put);
  expect(await store.add('scan', [newMessageId(0)])).toBe(false);
  expect(queue.status.waiting).toBe(50);
  startRedis(folder.path);
  await drained();
});

test('a handler that throws delays its message, visibly, and loses nothing', async () => {
  await using folder = await tempFolder();
  startRedis(folder.path);
  const { queue, put, messages, postponed } = await setUp(folder.path, () => {
    throw new Error('EIO: i/o error, read');
  });
  await using _queue = queue;
  const id = put();
  await waitFor('a deferred message', () => (queue.status.deferred === 1 ? true : undefined));
  const reason = 'failed here: EIO: i/o error, read';
  expect(messages.get(id)?.scan).toMatchObject({ attempts: 1, reason });
  expect(messages.get(id)?.scan.nextTryAt).toBeGreaterThan(Date.now() + 50_000);
  expect(postponed).toMatchObject([
    { id, stage: 'scan', attempt: 1, reason, recipients: ['aminah@moh.example'] },
  ]);
});

test('what is scanned and fails after it waits at its recipients', async () => {
  await using folder = await tempFolder();
  startRedis(folder.path);
  const verdict = { kind: 'spam', signature: null, score: 9, junkScore: 6, symbols: [] } as const;
  const { queue, put, messages, postponed } = await setUp(folder.path, (id) => {
    const found = messages.get(id);
    if (found) messages.set(id, { ...found, verdict });
    throw new Error('ENOSPC: no space left on device');
  });
  await using _queue = queue;
  const id = put();
  await waitFor('a deferred message', () => (queue.status.deferred === 1 ? true : undefined));
  const reason = 'failed here: ENOSPC: no space left on device';
  expect(messages.get(id)?.recipients).toMatchObject([{ attempts: 1, reason }]);
  expect(postponed).toMatchObject([{ id, attempt: 1, reason }]);
});

test('a delivery that throws keeps the attempt that it wrote down itself', async () => {
  await using folder = await tempFolder();
  startRedis(folder.path);
  const { queue, put, messages, postponed } = await setUp(folder.path, (_id, nth) => {
    if (nth === 1) return { kind: 'next', stage: 'deliver' };
    throw new Error('a bug');
  });
  await using _queue = queue;
  const id = put();
  await waitFor('a deferred message', () => (queue.status.deferred === 1 ? true : undefined));
  expect(messages.get(id)?.recipients).toMatchObject([{ attempts: 0, reason: null }]);
  expect(postponed).toEqual([]);
});

test('P1: a Redis that was full for a while is used again, over the connection that stayed open', async () => {
  await using folder = await tempFolder();
  startRedis(folder.path);
  const { queue, put, drained } = await setUp(folder.path, () => finished);
  await using _queue = queue;
  await waitFor('redis', () => (queue.available ? true : undefined));
  const redis = new Redis({ path: join(folder.path, 'r.sock') });
  await redis.config('SET', 'maxmemory', '1');
  put();
  await waitFor('the queue to notice', () => (queue.available ? undefined : true));
  await redis.config('SET', 'maxmemory', '0');
  await drained();
  redis.disconnect();
});

test('P1: a Redis that hangs counts as away, and is used again when it goes on', {
  timeout: 30_000,
}, async () => {
  await using folder = await tempFolder();
  const redis = startRedis(folder.path);
  const { queue, put, drained } = await setUp(folder.path, () => finished);
  await using _queue = queue;
  await waitFor('redis', () => (queue.available ? true : undefined));
  redis.kill('SIGSTOP');
  put();
  await waitFor('the queue to notice', () => (queue.available ? undefined : true), 15_000);
  redis.kill('SIGCONT');
  await drained();
});

test('a Redis that may evict jobs is not used', async () => {
  await using folder = await tempFolder();
  startRedis(folder.path, '--maxmemory-policy', 'allkeys-lru');
  const errors: object[] = [];
  const log = { ...silentLog, error: (facts: object) => errors.push(facts) };
  const { queue, put } = await setUp(folder.path, () => finished, log);
  await using _queue = queue;
  put();
  const [error] = await waitFor('the refusal', () => (errors.length > 0 ? errors : undefined));
  expect(error).toMatchObject({ error: expect.stringContaining('noeviction') });
  expect(queue.available).toBe(false);
  expect(queue.problem).toContain('set it to noeviction');
});

test('a message without a verdict is due for its scan, one with a verdict at its earliest recipient', () => {
  const base = message(newMessageId(0));
  expect(dueAt({ ...base, scan: { attempts: 1, nextTryAt: 99, reason: null } })).toBe(99);
  const verdict = { kind: 'clean', signature: null, score: 0, junkScore: 6, symbols: [] } as const;
  const [one] = base.recipients;
  if (!one) throw new Error('no recipient');
  const recipients = [
    { ...one, nextTryAt: 70 },
    { ...one, nextTryAt: 50, outcome: { kind: 'quarantined', reason: 'spam' } as const },
    { ...one, nextTryAt: 60 },
  ];
  expect(dueAt({ ...base, verdict, recipients })).toBe(60);
});
