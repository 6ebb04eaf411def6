import { Redis } from 'ioredis';
import { expect, test } from 'vitest';
import { createFakeTrace } from '../../test/support/fake-spool.ts';
import { createMemorySpool } from '../../test/support/memory-spool.ts';
import { verdict } from '../../test/support/messages.ts';
import { startRedis } from '../../test/support/private-redis.ts';
import { tempFolder } from '../../test/support/temp-folder.ts';
import { waitFor } from '../../test/support/wait-for.ts';
import { systemClock } from '../lib/clock.ts';
import { silentLog } from '../lib/log.ts';
import type { MessageId } from '../mail/message-id.ts';
import { createBullmqConsumer, createBullmqStore } from './bullmq.ts';
import type { Queue, Stage, StageHandler, StepResult } from './queue.ts';
import { createRunner } from './runner.ts';
import { createQueue } from './scheduled-queue.ts';

const finished: StepResult = { kind: 'finished' };
type Answer = (id: MessageId, nth: number, stage: Stage) => StepResult | Promise<StepResult>;

/** A spool in memory, and queue and worker over the real Redis; the handlers answer what the test says. */
async function start(answer: Answer, { log = silentLog, redisArgs = [] as string[] } = {}) {
  await using made = new AsyncDisposableStack();
  const folder = made.use(await tempFolder());
  const redis = made.use(startRedis(folder.path, ...redisArgs));
  const { endpoint } = redis;
  const spool = createMemorySpool();
  const trace = createFakeTrace();
  const calls: MessageId[] = [];
  const startQueue = (): Queue => {
    const store = createBullmqStore({ endpoint, log });
    return createQueue({ spool, trace, store, reconcileMs: 100, clock: systemClock, log });
  };
  let queue = startQueue();
  made.defer(() => queue[Symbol.asyncDispose]());
  const handler =
    (stage: Stage): StageHandler =>
    async (id) => {
      calls.push(id);
      const result = await answer(id, calls.filter((call) => call === id).length, stage);
      if (result.kind === 'finished') await spool.refuse(id);
      return result;
    };
  const startWorker = (session = new AbortController().signal) =>
    createRunner({
      jobs: { take: (...job) => queue.take(...job), done: (...step) => queue.done(...step) },
      session: () => session,
      consumer: createBullmqConsumer({ endpoint, log }),
      handlers: { scan: handler('scan'), deliver: handler('deliver') },
      concurrency: { scan: 4, deliver: 4 },
      log,
    });
  const lost = new AbortController();
  const worker = made.use(startWorker(lost.signal));
  const loseWorker = async (): Promise<void> => {
    lost.abort();
    await worker[Symbol.asyncDispose]();
  };
  const restartQueue = async (): Promise<void> => {
    await queue[Symbol.asyncDispose]();
    queue = startQueue();
  };
  const put = (): MessageId => {
    const id = spool.put();
    queue.submit(id);
    return id;
  };
  const ready = () => waitFor('redis', () => (queue.available ? true : undefined));
  const away = () => waitFor('the queue to notice', () => (queue.available ? undefined : true), 15_000);
  const drained = () => waitFor('an empty spool', () => (spool.messages.size === 0 ? true : undefined));
  const deferred = () => waitFor('a deferral', () => (queue.status.deferred === 1 ? true : undefined));
  const all = made.move();
  const end = (): Promise<void> => all.disposeAsync();
  return {
    ...{ redis, spool, trace, calls, startWorker, loseWorker, restartQueue },
    ...{ put, ready, away, drained, deferred },
    get queue() {
      return queue;
    },
    [Symbol.asyncDispose]: end,
  };
}

test('every submitted message is handled, stage after stage, once', async () => {
  await using set = await start((_id, nth) => (nth === 1 ? { kind: 'next', stage: 'deliver' } : finished));
  const ids = Array.from({ length: 300 }, set.put);
  await set.drained();
  for (const id of ids) expect(set.calls.filter((call) => call === id)).toHaveLength(2);
  await waitFor('an idle queue', () =>
    set.queue.status.waiting + set.queue.status.running === 0 ? true : undefined,
  );
});

test('a message to be retried comes back when it is due, without a job waiting in Redis', async () => {
  await using set = await start((_id, nth) =>
    nth < 3 ? { kind: 'retry', stage: 'scan', at: Date.now() + 30 } : finished,
  );
  const id = set.put();
  await set.drained();
  expect(set.calls).toEqual([id, id, id]);
});

test('P1: with Redis emptied again and again every message is still handled', async () => {
  await using set = await start((_id, nth) => (nth < 2 ? { kind: 'next', stage: 'deliver' } : finished));
  await set.ready();
  const redis = new Redis({ path: set.redis.endpoint.path });
  for (let round = 0; round < 20; round++) {
    for (let i = 0; i < 20; i++) set.put();
    await redis.flushall();
  }
  await set.drained();
  redis.disconnect();
});

test('P1: with Redis killed, submitting goes on, and all is handled when it is back, empty', async () => {
  await using set = await start(() => finished);
  await set.ready();
  await set.redis.kill();
  await set.away();
  Array.from({ length: 50 }, set.put);
  expect(set.queue.status.waiting).toBe(50);
  set.redis.start();
  await set.drained();
});

test('a handler that throws delays its message, visibly, and loses nothing', async () => {
  await using set = await start(() => {
    throw new Error('EIO: i/o error, read');
  });
  const id = set.put();
  await set.deferred();
  const reason = 'failed here: EIO: i/o error, read';
  const message = set.spool.get(id);
  expect(message?.scan).toMatchObject({ attempts: 1, reason });
  expect(message?.scan.nextTryAt).toBeGreaterThan(Date.now() + 50_000);
  expect(set.trace.events).toMatchObject([
    { kind: 'deferred', id, stage: 'scan', attempt: 1, reason, recipients: ['aminah@moh.example'] },
  ]);
});

test('what is scanned and fails after it waits at its recipients', async () => {
  await using set = await start(async (id) => {
    await set.spool.setVerdict(id, verdict('spam'));
    throw new Error('ENOSPC: no space left on device');
  });
  const id = set.put();
  await set.deferred();
  const reason = 'failed here: ENOSPC: no space left on device';
  expect(set.spool.get(id)?.recipients).toMatchObject([{ attempts: 1, reason }]);
  expect(set.trace.events).toMatchObject([{ kind: 'deferred', id, attempt: 1, reason }]);
});

test('a delivery that throws keeps the attempt that it wrote down itself', async () => {
  await using set = await start((_id, nth) => {
    if (nth === 1) return { kind: 'next', stage: 'deliver' };
    throw new Error('a bug');
  });
  const id = set.put();
  await set.deferred();
  expect(set.spool.get(id)?.recipients).toMatchObject([{ attempts: 0, reason: null }]);
  expect(set.trace.events).toEqual([]);
});

test('P1: a Redis that was full for a while is used again, over the connection that stayed open', async () => {
  await using set = await start(() => finished);
  await set.ready();
  const redis = new Redis({ path: set.redis.endpoint.path });
  await redis.config('SET', 'maxmemory', '1');
  set.put();
  await set.away();
  await redis.config('SET', 'maxmemory', '0');
  await set.drained();
  redis.disconnect();
});

test('P1: a Redis that hangs counts as away, and is used again when it goes on', {
  timeout: 30_000,
}, async () => {
  await using set = await start(() => finished);
  await set.ready();
  set.redis.signal('SIGSTOP');
  set.put();
  await set.away();
  set.redis.signal('SIGCONT');
  await set.drained();
});

test('a Redis that may evict jobs is not used', async () => {
  const errors: object[] = [];
  const log = { ...silentLog, error: (facts: object) => errors.push(facts) };
  const redisArgs = ['--maxmemory-policy', 'allkeys-lru'];
  await using set = await start(() => finished, { log, redisArgs });
  set.put();
  const [error] = await waitFor('the refusal', () => (errors.length > 0 ? errors : undefined));
  expect(error).toMatchObject({ error: expect.stringContaining('noeviction') });
  expect(set.queue.available).toBe(false);
  expect(set.queue.problem).toContain('set it to noeviction');
});

test('what a worker had when it vanished is handed out again at once, its old job still in Redis', async () => {
  const never = new Promise<StepResult>(() => {});
  await using set = await start((_id, nth) => (nth === 1 ? never : finished));
  const id = set.put();
  await waitFor('the first worker', () => (set.calls.length === 1 ? true : undefined));
  await set.loseWorker();
  await using _second = set.startWorker();
  const before = Date.now();
  set.queue.abandoned([id]);
  await set.drained();
  expect(set.calls).toEqual([id, id]);
  // BullMQ itself would wait for half a minute.
  expect(Date.now() - before).toBeLessThan(5_000);
});

test('what a vanished worker had written down as waiting comes back when it is due, not at once', async () => {
  const never = new Promise<StepResult>(() => {});
  await using set = await start(async (id) => {
    const nextTryAt = Date.now() + 60_000;
    await set.spool.defer(id, {
      stage: 'scan',
      recipients: [],
      attempt: 1,
      nextTryAt,
      reason: 'it ended us',
    });
    return never;
  });
  const id = set.put();
  await waitFor('the worker', () => (set.spool.get(id)?.scan.attempts === 1 ? true : undefined));
  await set.loseWorker();
  set.queue.abandoned([id]);
  await set.deferred();
});

test('jobs that a worker had in its hands and never asked for are handed out again with the others', async () => {
  await using set = await start(() => finished);
  await set.ready();
  await set.loseWorker();
  const { endpoint } = set.redis;
  const asked = Promise.withResolvers<void>();
  // It dies between Redis and the queue.
  await using dying = createBullmqConsumer({ endpoint, log: silentLog });
  dying.work('scan', 1, async () => {
    asked.resolve();
    await new Promise(() => {});
  });
  set.put();
  await asked.promise;
  await dying[Symbol.asyncDispose]();
  await using _second = set.startWorker();
  set.queue.abandoned([]);
  await set.drained();
});

test('a queue that starts anew fills the Redis of the old one, under the hands of a worker that goes on', async () => {
  await using set = await start((_id, nth) => (nth === 1 ? { kind: 'next', stage: 'deliver' } : finished));
  for (let run = 0; run < 3; run++) {
    for (let count = 0; count < 50; count++) set.put();
    await waitFor('half of it', () => (set.spool.messages.size < 25 ? true : undefined));
    await set.restartQueue();
  }
  await set.drained();
});
