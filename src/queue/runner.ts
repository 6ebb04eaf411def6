/**
 * A worker: takes the store's jobs up and does the stages' work on them. Owns nothing: what it does is noted at the
 * receiver by the stages, and what is left undone is handed out again.
 *
 * Invariant: one handler works on a message at a time, also when its receiver was lost and hands it out anew.
 */
import { aborted } from '../lib/aborted.ts';
import type { Log } from '../lib/log.ts';
import { messageOf } from '../lib/problem.ts';
import type { MessageId } from '../mail/message-id.ts';
import type { WorkCrash } from './crash-points.ts';
import { reasonOf } from './due.ts';
import type { JobConsumer } from './job-store.ts';
import {
  type Jobs,
  STAGES,
  type Stage,
  type StageHandler,
  type StepFault,
  type StepResult,
} from './queue.ts';

export interface RunnerDeps {
  readonly jobs: Jobs;
  /** Of the present receiver: aborted when it is lost, and with it what was taken from it. */
  readonly session: () => AbortSignal;
  /** Disposed with the runner. */
  readonly consumer: JobConsumer;
  readonly handlers: Readonly<Record<Stage, StageHandler>>;
  readonly concurrency: Readonly<Record<Stage, number>>;
  /** For tests. */
  readonly crashPoint?: WorkCrash;
  readonly log: Log;
}

/** Works until disposed; what is under way then is cancelled and waited for. */
export function createRunner(deps: RunnerDeps): AsyncDisposable {
  const { jobs, consumer, handlers, log } = deps;
  const crash: WorkCrash = deps.crashPoint ?? (() => {});
  const stopping = new AbortController();
  const signalOf = createSignals(stopping.signal, deps.session);
  const running = new Map<MessageId, Promise<void>>();

  for (const stage of STAGES) consumer.work(stage, deps.concurrency[stage], (id) => work(stage, id));

  return {
    async [Symbol.asyncDispose]() {
      stopping.abort();
      await consumer[Symbol.asyncDispose]();
      // With the receiver away nothing can be noted: it hands out again what is left, as after a crash.
      await Promise.race([Promise.allSettled(running.values()), aborted(deps.session())]);
    },
  };

  async function work(stage: Stage, id: MessageId): Promise<void> {
    for (let other = running.get(id); other; other = running.get(id)) await other;
    if (stopping.signal.aborted) return;
    const job = run(stage, id).catch((error: unknown) => {
      log.warn({ id, stage, error: messageOf(error) }, 'job was left: the receiver is away');
    });
    running.set(id, job);
    await job.finally(() => running.delete(id));
  }

  async function run(stage: Stage, id: MessageId): Promise<void> {
    if (!(await jobs.take(stage, id))) return;
    crash('work-taken');
    const signal = signalOf();
    await jobs.done(stage, id, await step(stage, id, signal));
  }

  async function step(stage: Stage, id: MessageId, signal: AbortSignal): Promise<StepResult | StepFault> {
    try {
      return await handlers[stage](id, signal);
    } catch (error) {
      if (signal.aborted) log.warn({ id, stage, error: messageOf(error) }, 'step was broken off');
      else log.error({ err: error, id, stage }, 'stage failed');
      return { kind: 'fault', reason: reasonOf(error) };
    }
  }
}

/** Aborted by either; made once for each session and not for each message. */
function createSignals(stopping: AbortSignal, session: () => AbortSignal): () => AbortSignal {
  let of: AbortSignal | null = null;
  let signal = stopping;
  return () => {
    const now = session();
    if (now !== of) {
      of = now;
      signal = AbortSignal.any([stopping, now]);
    }
    return signal;
  };
}
