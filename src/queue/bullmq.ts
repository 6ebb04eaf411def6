/**
 * The job store on BullMQ and Redis: the only importer of bullmq and ioredis.
 *
 * What BullMQ does that must not surprise us:
 * - `add` with a job id that exists in any state is silently ignored: each hand-out has an id of its own, so that one
 *   which a dead worker still holds does not stand in the way of the next. Finished and failed jobs are removed at once.
 * - a job that stalls twice goes to "failed" and, removed, is gone: the queue's reconciliation adds it again.
 * - with Redis away `add` would wait: `enableOfflineQueue: false` makes it fail at once.
 * - ids with ":" or of digits only are refused: ours are "<stage>-<message id>-<number>".
 * - it needs `noeviction` and only warns otherwise: a wrong policy is refused here.
 *
 * A job carries a message id and its stage, no mail. Jobs of an earlier run are worthless (the spool knows what is
 * unfinished): the owner's first contact after a start empties the queues, under the hands of workers that go on.
 */
import { type Job as BullJob, Queue, Worker } from 'bullmq';
import { Redis } from 'ioredis';
import { connectOptions, type Endpoint, formatEndpoint } from '../lib/endpoint.ts';
import type { Log } from '../lib/log.ts';
import { messageOf } from '../lib/problem.ts';
import { parseMessageId } from '../mail/message-id.ts';
import type { Job, JobConsumer, JobStore } from './job-store.ts';
import { STAGES, type Stage } from './queue.ts';

const PREFIX = 'geganti';
const RECONNECT_MAX_MS = 1000;
/** A Redis that takes commands and does not answer them counts as away. */
const COMMAND_MS = 5000;

export function createBullmqStore(deps: { endpoint: Endpoint; log: Log }): JobStore {
  const { endpoint, log } = deps;
  // Adding must fail at once while Redis is away.
  const options = { enableOfflineQueue: false, commandTimeout: COMMAND_MS };
  const client = new Redis({ ...redisOptions(endpoint), ...options });
  const queues = new Map<Stage, Queue>();
  const listeners: (() => void)[] = [];
  let state: 'away' | 'emptying' | 'ready' = 'away';
  let emptied = false;
  let closing = false;
  let problem: string | null = 'not connected yet';
  let retry: NodeJS.Timeout | undefined;

  for (const stage of STAGES) {
    const queue = new Queue(stage, {
      prefix: PREFIX,
      connection: client,
      defaultJobOptions: { removeOnComplete: true, removeOnFail: true },
      skipVersionCheck: true,
      skipWaitingForReady: true,
    });
    queue.on('error', (error) => away(messageOf(error)));
    queues.set(stage, queue);
  }
  // ioredis repeats an error for every attempt to connect; `away` reports the first.
  client.on('error', (error) => away(messageOf(error)));
  client.on('close', () => away('connection closed'));
  client.on('ready', () => void connected());

  return {
    get available() {
      return state === 'ready';
    },
    get problem() {
      return problem;
    },
    onReady(listener) {
      listeners.push(listener);
    },
    async add(stage, jobs) {
      if (state !== 'ready') return false;
      try {
        await queueOf(stage).addBulk(
          jobs.map((job) => ({ name: stage, data: { id: job.id }, opts: { jobId: jobId(stage, job) } })),
        );
        return true;
      } catch (error) {
        away(messageOf(error));
        return false;
      }
    },
    async has(stage, job) {
      if (state !== 'ready') return null;
      try {
        return (await queueOf(stage).getJob(jobId(stage, job))) !== undefined;
      } catch (error) {
        away(messageOf(error));
        return null;
      }
    },
    async [Symbol.asyncDispose]() {
      closing = true;
      clearTimeout(retry);
      await Promise.allSettled([...queues.values()].map((queue) => queue.close()));
      client.disconnect();
    },
  };

  function queueOf(stage: Stage): Queue {
    const queue = queues.get(stage);
    if (!queue) throw new Error(`no queue for stage ${stage}`);
    return queue;
  }

  /** Redis is connected (again): empty it the first time, then let the queue fill it. */
  async function connected(): Promise<void> {
    if (state !== 'away' || closing || client.status !== 'ready') return;
    state = 'emptying';
    try {
      await checkPolicy(client);
      // One that is full, or a read-only copy, answers everything except what we need.
      await client.set(`${PREFIX}:probe`, '', 'PX', COMMAND_MS);
      if (!emptied) for (const queue of queues.values()) await queue.obliterate({ force: true });
      emptied = true;
      state = 'ready';
      problem = null;
      log.info({ redis: formatEndpoint(endpoint) }, 'queue: Redis is there');
      for (const listener of listeners) listener();
    } catch (error) {
      state = 'away';
      if (!closing && messageOf(error) !== problem) {
        problem = messageOf(error);
        log.error({ error: problem }, 'queue: Redis cannot be used; mail is accepted and waits in the spool');
      }
      tryAgain();
    }
  }

  /** A connection that stayed open does not say when Redis can be used again. */
  function tryAgain(): void {
    clearTimeout(retry);
    if (!closing) retry = setTimeout(() => void connected(), RECONNECT_MAX_MS);
  }

  function away(why: string): void {
    if (state === 'away' || closing) return;
    state = 'away';
    problem = why;
    log.warn({ error: why }, 'queue: Redis is away; mail is accepted and waits in the spool');
    tryAgain();
  }
}

/** Waits for a Redis that is away. */
export function createBullmqConsumer(deps: { endpoint: Endpoint; log: Log }): JobConsumer {
  const { endpoint, log } = deps;
  const client = new Redis(redisOptions(endpoint));
  const workers: Worker[] = [];
  client.on('error', () => {});
  return {
    work(stage, concurrency, handler) {
      const run = async (job: BullJob): Promise<void> => {
        const id = parseMessageId(String(job.data?.id));
        if (id) await handler(id);
        else log.error({ job: job.id }, 'queue: a job without a message id was dropped');
      };
      const worker = new Worker(stage, run, {
        prefix: PREFIX,
        connection: client,
        concurrency,
        removeOnComplete: { count: 0 },
        removeOnFail: { count: 0 },
        skipVersionCheck: true,
      });
      worker.on('error', (error) =>
        log.debug({ stage, error: messageOf(error) }, 'queue: the worker waits for Redis'),
      );
      workers.push(worker);
    },
    async [Symbol.asyncDispose]() {
      await Promise.allSettled(workers.map((worker) => worker.close(true)));
      client.disconnect();
    },
  };
}

function redisOptions(endpoint: Endpoint) {
  return {
    ...connectOptions(endpoint),
    retryStrategy: (times: number) => Math.min(times * 50, RECONNECT_MAX_MS),
    maxRetriesPerRequest: null,
    // Commands of one turn of the event loop go out in one write.
    enableAutoPipelining: true,
  };
}

async function checkPolicy(client: Redis): Promise<void> {
  const policy = /maxmemory_policy:(\S+)/.exec(await client.info('memory'))?.[1] ?? 'noeviction';
  if (policy !== 'noeviction')
    throw new Error(`Redis has maxmemory-policy ${policy}; set it to noeviction, or jobs vanish`);
}

function jobId(stage: Stage, { id, number }: Job): string {
  return `${stage}-${id}-${number}`;
}
