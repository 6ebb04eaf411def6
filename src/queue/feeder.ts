/**
 * Feeds the job store: keeps a small window of jobs there while the rest waits here, and adds again what the store
 * lost. Knows of messages only that they are due at a stage.
 *
 * Invariant: a message is ready here or handed out, or neither; `take` is true once for each time it was put.
 */
import type { MessageId } from '../mail/message-id.ts';
import type { Job, JobStore } from './job-store.ts';
import { STAGES, type Stage } from './queue.ts';

/** Jobs of one stage in the store at a time. */
const WINDOW = 200;

export interface Feeder {
  /** The message is due. */
  put(stage: Stage, id: MessageId): void;
  /** It is no longer. A job of it that is in the store already will find nothing. */
  withdraw(stage: Stage, id: MessageId): void;
  /** A worker has its job. False: it was not handed out; a repeat. */
  take(stage: Stage, id: MessageId): boolean;
  /** A worker is gone and may have had any of the jobs: all are handed out once more. */
  handOutAgain(): void;
  /** Looks for jobs that the store lost, and fills it. */
  reconcile(): Promise<void>;
  stop(): void;
}

/** `run` is different for each run of the server: jobs that an earlier one left cannot be mistaken for ours. */
export function createFeeder({ store, run }: { readonly store: JobStore; readonly run: string }): Feeder {
  const ready: Record<Stage, Set<MessageId>> = { scan: new Set(), deliver: new Set() };
  const out: Record<Stage, Map<MessageId, Job>> = { scan: new Map(), deliver: new Map() };
  const feeding = new Set<Stage>();
  let count = 0;
  let stopped = false;

  /** Messages of one turn of the event loop go out in one round trip. */
  const feed = (stage: Stage): void => {
    if (feeding.has(stage) || ready[stage].size === 0) return;
    feeding.add(stage);
    setImmediate(() => {
      feeding.delete(stage);
      void handOut(stage);
    });
  };

  const handOut = async (stage: Stage): Promise<void> => {
    if (!store.available || stopped) return;
    const jobs = ready[stage]
      .values()
      .take(Math.max(0, WINDOW - out[stage].size))
      .map((id): Job => ({ id, number: `${run}-${(++count).toString(36)}` }))
      .toArray();
    if (jobs.length === 0) return;
    for (const job of jobs) {
      ready[stage].delete(job.id);
      out[stage].set(job.id, job);
    }
    if (await store.add(stage, jobs)) return;
    // Some may have been added and taken up before the store failed: those are no longer out.
    for (const job of jobs) back(stage, job);
  };

  const back = (stage: Stage, job: Job): void => {
    if (out[stage].get(job.id) !== job) return;
    out[stage].delete(job.id);
    ready[stage].add(job.id);
  };

  return {
    put(stage, id) {
      ready[stage].add(id);
      feed(stage);
    },
    withdraw(stage, id) {
      ready[stage].delete(id);
      out[stage].delete(id);
      feed(stage);
    },
    take(stage, id) {
      if (stopped || !out[stage].delete(id)) return false;
      feed(stage);
      return true;
    },
    handOutAgain() {
      for (const stage of STAGES) {
        for (const job of [...out[stage].values()]) back(stage, job);
        feed(stage);
      }
    },
    async reconcile() {
      for (const stage of STAGES) {
        for (const job of [...out[stage].values()]) {
          const known = await store.has(stage, job);
          if (known === null || stopped) return;
          if (!known) back(stage, job);
        }
        feed(stage);
      }
    },
    stop() {
      stopped = true;
    },
  };
}
