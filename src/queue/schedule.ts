/**
 * When each unfinished message is worked on next, beside the spool: what is due goes to the feeder, what waits has a
 * timer here and no job in Redis. Neighbours: spool (what is unfinished), feeder, the workers through `take` and `done`.
 *
 * Invariants: a message is in exactly one of waiting, running, deferred, held until it is finished; it is worked on by
 * one worker at a time, whatever the store repeats; nobody works on a held one.
 */
import type { Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import type { MessageId } from '../mail/message-id.ts';
import { dueAt, type Spool, type SpooledMessage } from '../spool/spool.ts';
import type { Trace } from '../trace/events.ts';
import { faultDeferral } from './due.ts';
import type { Feeder } from './feeder.ts';
import type { Queue, Stage, StepFault, StepResult } from './queue.ts';

/** A handler that threw (our bug, or a disk that fails) must not spin. */
const AFTER_FAULT_MS = 60_000;
/** `setTimeout` takes no more. */
const LONGEST_TIMER_MS = 2_000_000_000;

/** waiting: due, and at the feeder. deferred: due later. */
export type WorkState = 'waiting' | 'running' | 'deferred' | 'held';

interface Work {
  stage: Stage;
  state: WorkState;
  timer: NodeJS.Timeout | null;
  /** Done at the end of the step under way, in place of what would follow. */
  afterStep: (() => void) | null;
}

export interface Schedule extends Pick<Queue, 'submit' | 'take' | 'done' | 'abandoned'>, Disposable {
  /** Undefined: not known here. */
  state(id: MessageId): WorkState | undefined;
  /** Nobody takes it up from now on. Does nothing while it is running. */
  setAside(id: MessageId): void;
  /** Goes on with one that was set aside or waits, as the spool says now. */
  resume(id: MessageId): void;
  /** Calls back when the running step has ended. */
  afterStep(id: MessageId, call: () => void): void;
  /** Forgets a message that is finished. */
  forget(id: MessageId): void;
  /** Takes in what the spool has and this schedule has not. */
  catchUp(): void;
  count(): Record<WorkState, number>;
}

export function createSchedule(deps: {
  readonly spool: Pick<Spool, 'get' | 'list' | 'defer'>;
  readonly trace: Pick<Trace, 'record'>;
  readonly feeder: Feeder;
  readonly clock: Pick<Clock, 'now'>;
  readonly log: Log;
}): Schedule {
  const { spool, feeder, clock } = deps;
  const works = new Map<MessageId, Work>();
  let stopped = false;

  /**
   * By the scan job, which passes over what is scanned already: so no crash between a verdict and what follows from it
   * can lead past the policy.
   */
  const enter = ({ envelope: { id } }: SpooledMessage): void => {
    works.set(id, { stage: 'scan', state: 'deferred', timer: null, afterStep: null });
    plan(id, 'scan', null);
  };

  /** `at` null: when the spool says. */
  const plan = (id: MessageId, stage: Stage, at: number | null): void => {
    const work = works.get(id);
    if (!work || stopped) return;
    const message = spool.get(id);
    if (!message) {
      works.delete(id);
      return;
    }
    work.stage = stage;
    const time = at ?? dueAt(message);
    const waitMs = time - clock.now();
    if (message.held) work.state = 'held';
    else if (waitMs <= 0) {
      work.state = 'waiting';
      feeder.put(stage, id);
    } else {
      work.state = 'deferred';
      work.timer = setTimeout(() => plan(id, stage, time), Math.min(waitMs, LONGEST_TIMER_MS));
    }
  };

  const setAside = (id: MessageId): void => {
    const work = works.get(id);
    if (!work || work.state === 'running') return;
    if (work.state === 'waiting') feeder.withdraw(work.stage, id);
    if (work.timer) clearTimeout(work.timer);
    work.timer = null;
    work.state = 'held';
  };

  /** `at` as for `plan`. */
  const endStep = (id: MessageId, work: Work, stage: Stage, at: number | null): void => {
    const { afterStep } = work;
    work.afterStep = null;
    work.state = 'held';
    if (afterStep) afterStep();
    else plan(id, stage, at);
  };

  return {
    submit(id) {
      const message = spool.get(id);
      if (message && !works.has(id)) enter(message);
    },
    async take(stage, id) {
      if (!feeder.take(stage, id)) return false;
      const work = works.get(id);
      const message = spool.get(id);
      if (!work || !message) {
        works.delete(id);
        return false;
      }
      work.state = message.held ? 'held' : 'running';
      return !message.held;
    },
    async done(stage, id, end) {
      const work = works.get(id);
      if (work?.state !== 'running' || work.stage !== stage) return;
      if (end.kind === 'finished') works.delete(id);
      else if (end.kind === 'fault') endStep(id, work, stage, await writeFault(deps, stage, id, end));
      else endStep(id, work, end.stage, timeOf(end));
    },
    abandoned(ids) {
      for (const id of ids) {
        const work = works.get(id);
        // Not before the time that was written down for it: it may be what ended its worker.
        if (work?.state === 'running') endStep(id, work, work.stage, null);
      }
      feeder.handOutAgain();
    },
    state: (id) => works.get(id)?.state,
    setAside,
    resume(id) {
      const work = works.get(id);
      if (!work || work.state === 'running') return;
      setAside(id);
      plan(id, work.stage, null);
    },
    afterStep(id, call) {
      const work = works.get(id);
      if (work?.state === 'running') work.afterStep = call;
      else call();
    },
    forget(id) {
      setAside(id);
      works.delete(id);
    },
    catchUp() {
      for (const message of spool.list()) if (!works.has(message.envelope.id)) enter(message);
    },
    count() {
      const counts = { waiting: 0, running: 0, deferred: 0, held: 0 };
      for (const { state } of works.values()) counts[state]++;
      return counts;
    },
    [Symbol.dispose]() {
      stopped = true;
      for (const { timer } of works.values()) if (timer) clearTimeout(timer);
    },
  };
}

function timeOf(step: Exclude<StepResult, { kind: 'finished' }>): number {
  return step.kind === 'retry' ? step.at : 0;
}

/** Where operators look. A delivery has written its attempt down before, with a time that must not come sooner. */
async function writeFault(
  { spool, trace, clock }: Parameters<typeof createSchedule>[0],
  stage: Stage,
  id: MessageId,
  { reason }: StepFault,
): Promise<number> {
  const at = clock.now() + AFTER_FAULT_MS;
  const message = spool.get(id);
  if (!message || stage === 'deliver') return at;
  const deferral = faultDeferral(message, at, reason);
  trace.record({ kind: 'deferred', id, ...deferral });
  await spool.defer(id, deferral);
  return at;
}
