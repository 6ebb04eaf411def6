/**
 * Feeds the job store from the spool: keeps a small window of jobs there while the rest waits here, starts
 * deferred messages when they are due, and adds again what the store lost. Neighbours: spool (what is unfinished),
 * JobStore (BullMQ), the stages' handlers.
 *
 * Invariants: a message is in exactly one of ready, queued, running, deferred until it is finished; it is worked on
 * by one handler at a time, whatever the store repeats.
 */
import type { Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import { messageOf } from '../lib/problem.ts';
import type { MessageId } from '../mail/message-id.ts';
import { printable } from '../mail/reply.ts';
import type { Deferral, Spool, SpooledMessage } from '../spool/spool.ts';
import type { JobStore } from './job-store.ts';
import { type Queue, STAGES, type Stage, type StageHandler, type StepResult } from './queue.ts';

/** Jobs of one stage in the store at a time. */
const WINDOW = 200;
/** A handler that threw (our bug, or a disk that fails) must not spin. */
const AFTER_FAULT_MS = 60_000;
/** `setTimeout` takes no more. */
const LONGEST_TIMER_MS = 2_000_000_000;

interface Work {
  stage: Stage;
  state: 'ready' | 'queued' | 'running' | 'deferred';
  timer: NodeJS.Timeout | null;
}

export interface FeederDeps {
  readonly spool: Pick<Spool, 'get' | 'list' | 'defer'>;
  /** Told of each message that waits because its handler threw. */
  readonly postponed: (id: MessageId, deferral: Deferral) => void;
  readonly store: JobStore;
  readonly handlers: Readonly<Record<Stage, StageHandler>>;
  readonly concurrency: Readonly<Record<Stage, number>>;
  readonly reconcileMs: number;
  readonly clock: Pick<Clock, 'now'>;
  readonly log: Log;
}

export function createFeeder(deps: FeederDeps): Queue {
  const { spool, store, handlers, clock, log } = deps;
  const works = new Map<MessageId, Work>();
  const ready: Record<Stage, Set<MessageId>> = { scan: new Set(), deliver: new Set() };
  const queued: Record<Stage, number> = { scan: 0, deliver: 0 };
  const feeding = new Set<Stage>();
  const stopping = new AbortController();
  const running = new Set<Promise<void>>();

  for (const message of spool.list()) enter(message);
  for (const stage of STAGES) store.work(stage, deps.concurrency[stage], (id) => work(stage, id));
  store.onReady(() => void reconcile());
  const timer = setInterval(() => void reconcile(), deps.reconcileMs);
  for (const stage of STAGES) feed(stage);

  return {
    submit(id) {
      const message = spool.get(id);
      if (message && !works.has(id)) enter(message);
    },
    get available() {
      return store.available;
    },
    get problem() {
      return store.problem;
    },
    get status() {
      const count = (state: Work['state']): number =>
        works
          .values()
          .filter((work) => work.state === state)
          .toArray().length;
      return {
        available: store.available,
        waiting: count('ready') + count('queued'),
        running: count('running'),
        deferred: count('deferred'),
      };
    },
    async [Symbol.asyncDispose]() {
      stopping.abort();
      clearInterval(timer);
      for (const work of works.values()) if (work.timer) clearTimeout(work.timer);
      await Promise.allSettled(running);
      await store[Symbol.asyncDispose]();
    },
  };

  function enter(message: SpooledMessage): void {
    works.set(message.envelope.id, { stage: 'scan', state: 'deferred', timer: null });
    schedule(message.envelope.id, 'scan', dueAt(message));
  }

  function schedule(id: MessageId, stage: Stage, at: number): void {
    const work = works.get(id);
    if (!work || stopping.signal.aborted) return;
    work.stage = stage;
    const waitMs = at - clock.now();
    if (waitMs <= 0) {
      makeReady(id, work);
      return;
    }
    work.state = 'deferred';
    work.timer = setTimeout(() => schedule(id, stage, at), Math.min(waitMs, LONGEST_TIMER_MS));
  }

  function makeReady(id: MessageId, work: Work): void {
    work.timer = null;
    work.state = 'ready';
    ready[work.stage].add(id);
    feed(work.stage);
  }

  /** Soon: what becomes ready in one turn of the event loop (a whole commit group) goes to the store together. */
  function feed(stage: Stage): void {
    if (feeding.has(stage) || ready[stage].size === 0) return;
    feeding.add(stage);
    setImmediate(() => {
      feeding.delete(stage);
      void moveToStore(stage);
    });
  }

  /** Moves what is ready into the store while the window has room. */
  async function moveToStore(stage: Stage): Promise<void> {
    if (!store.available || stopping.signal.aborted) return;
    const ids = ready[stage]
      .values()
      .take(Math.max(0, WINDOW - queued[stage]))
      .toArray();
    if (ids.length === 0) return;
    for (const id of ids) {
      ready[stage].delete(id);
      const work = works.get(id);
      if (work) work.state = 'queued';
    }
    queued[stage] += ids.length;
    if (await store.add(stage, ids)) return;
    // Some may have been added and taken up before the store failed: those are no longer queued.
    for (const id of ids) {
      const work = works.get(id);
      if (work?.state === 'queued' && work.stage === stage) back(id, work, stage);
    }
  }

  function back(id: MessageId, work: Work, stage: Stage): void {
    queued[stage]--;
    work.state = 'ready';
    ready[stage].add(id);
  }

  /** One job of the store. What is not queued here is a repeat of the store and is passed over. */
  async function work(stage: Stage, id: MessageId): Promise<void> {
    const found = works.get(id);
    if (found?.state !== 'queued' || found.stage !== stage || stopping.signal.aborted) return;
    queued[stage]--;
    found.state = 'running';
    feed(stage);
    const step = runHandler(stage, id);
    running.add(step);
    await step.finally(() => running.delete(step));
  }

  async function runHandler(stage: Stage, id: MessageId): Promise<void> {
    let result: StepResult;
    try {
      result = await handlers[stage](id, stopping.signal);
    } catch (error) {
      log.error({ err: error, id, stage }, 'stage failed');
      const at = clock.now() + AFTER_FAULT_MS;
      await postpone(stage, id, at, error);
      result = { kind: 'retry', stage, at };
    }
    if (result.kind === 'finished') works.delete(id);
    else schedule(id, result.stage, result.kind === 'retry' ? result.at : 0);
  }

  /** Where operators look. A delivery has written its attempt down before, with a time that must not come sooner. */
  async function postpone(stage: Stage, id: MessageId, at: number, error: unknown): Promise<void> {
    const message = spool.get(id);
    if (!message || stage === 'deliver') return;
    const deferral = faultDeferral(message, at, error);
    deps.postponed(id, deferral);
    await spool.defer(id, deferral);
  }

  /** Adds again what the store no longer knows, and what the spool has and this feeder does not. */
  async function reconcile(): Promise<void> {
    if (stopping.signal.aborted) return;
    for (const message of spool.list()) if (!works.has(message.envelope.id)) enter(message);
    for (const [id, found] of works) {
      if (found.state !== 'queued') continue;
      const stage = found.stage;
      const known = await store.has(stage, id);
      if (known === null || stopping.signal.aborted) return;
      // It may have been taken up while the store answered.
      if (!known && found.state === 'queued' && found.stage === stage) back(id, found, stage);
    }
    for (const stage of STAGES) feed(stage);
  }
}

/** Once it has a verdict a message waits at its recipients (as `dueAt` reads it): its policy could not be carried out. */
function faultDeferral({ verdict, scan, recipients }: SpooledMessage, at: number, error: unknown): Deferral {
  const waiting = recipients.filter((recipient) => recipient.outcome === null);
  const attempts = verdict ? Math.max(...waiting.map((recipient) => recipient.attempts)) : scan.attempts;
  return {
    stage: verdict ? 'deliver' : 'scan',
    recipients: waiting.map((recipient) => recipient.address),
    attempt: attempts + 1,
    nextTryAt: at,
    reason: printable(`failed here: ${messageOf(error)}`).slice(0, 500),
  };
}

/**
 * When an unfinished message is due (0: at once). It always enters by the scan job, which passes over what is scanned
 * already: so no crash between a verdict and what follows from it can lead past the policy.
 */
export function dueAt(message: SpooledMessage): number {
  if (message.verdict === null) return message.scan.nextTryAt;
  const waiting = message.recipients.filter((recipient) => recipient.outcome === null);
  return Math.min(...waiting.map((recipient) => recipient.nextTryAt));
}
