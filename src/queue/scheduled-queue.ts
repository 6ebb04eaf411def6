/**
 * The queue of the process that owns the spool: schedule, feeder and operators' acts over one spool and one job store.
 * It fills itself from the spool at the start, whenever the store is back, and every `reconcileMs`.
 */
import type { Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import type { Spool, SpooledMessage } from '../spool/spool.ts';
import type { Trace } from '../trace/events.ts';
import { createActs } from './acts.ts';
import { createFeeder } from './feeder.ts';
import { createMatcher } from './filter.ts';
import type { JobStore } from './job-store.ts';
import type { Queue } from './queue.ts';
import { createSchedule } from './schedule.ts';

export interface QueueDeps {
  readonly spool: Pick<Spool, 'get' | 'list' | 'defer' | 'settle' | 'hold'>;
  readonly trace: Pick<Trace, 'record' | 'flush'>;
  /** Disposed with the queue. */
  readonly store: JobStore;
  readonly reconcileMs: number;
  readonly clock: Pick<Clock, 'now'>;
  readonly log: Log;
}

export function createQueue(deps: QueueDeps): Queue {
  const { spool, store, clock } = deps;
  const feeder = createFeeder({ store, run: clock.now().toString(36) });
  const schedule = createSchedule({ ...deps, feeder });
  const change = createActs({ ...deps, schedule });

  const reconcile = (): void => {
    schedule.catchUp();
    void feeder.reconcile();
  };
  schedule.catchUp();
  store.onReady(reconcile);
  const timer = setInterval(reconcile, deps.reconcileMs);

  const { submit, take, done, abandoned } = schedule;
  return {
    submit,
    take,
    done,
    abandoned,
    change,
    get: async (id) => spool.get(id) ?? null,
    async list(filter, limit) {
      const fitting = [...spool.list()].filter(createMatcher(filter)).sort(byId);
      return { total: fitting.length, messages: fitting.slice(0, limit) };
    },
    get available() {
      return store.available;
    },
    get problem() {
      return store.problem;
    },
    get status() {
      return { available: store.available, ...schedule.count() };
    },
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      feeder.stop();
      schedule[Symbol.dispose]();
      await store[Symbol.asyncDispose]();
    },
  };
}

/** Ids sort by arrival, and unlike a time no two are the same: so a page goes on where the one before ended. */
function byId({ envelope: { id: a } }: SpooledMessage, { envelope: { id: b } }: SpooledMessage): number {
  return a < b ? -1 : 1;
}
