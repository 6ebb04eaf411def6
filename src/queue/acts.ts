/**
 * What operators do with waiting messages. One call of `change` at a time, so that no act meets another one half way.
 *
 * Invariant: a message that is worked on keeps its worker to the end of the step; what is dropped then are the
 * recipients that the step left, so nobody who has the message is counted as discarded (promise P2).
 */
import type { Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import type { MessageId } from '../mail/message-id.ts';
import { type Spool, waitingIn } from '../spool/spool.ts';
import type { Trace } from '../trace/events.ts';
import { dueNow } from './due.ts';
import type { QueueAct, QueueControl } from './queue.ts';
import type { Schedule } from './schedule.ts';

export interface ActsDeps {
  readonly spool: Pick<Spool, 'get' | 'defer' | 'settle' | 'hold'>;
  readonly trace: Pick<Trace, 'record' | 'flush'>;
  readonly schedule: Pick<Schedule, 'state' | 'setAside' | 'resume' | 'afterStep' | 'forget'>;
  readonly clock: Pick<Clock, 'now'>;
  readonly log: Log;
}

/** True: the message is changed. */
type Act = (deps: ActsDeps, id: MessageId, by: string) => Promise<boolean>;

const ACTS: Readonly<Record<QueueAct, Act>> = { retry, hold, release, drop };

export function createActs(deps: ActsDeps): QueueControl['change'] {
  const perform = async (act: QueueAct, ids: ReadonlySet<MessageId>, by: string): Promise<MessageId[]> => {
    const changed: MessageId[] = [];
    const all = [...ids].map(async (id) => {
      if (await ACTS[act](deps, id, by)) changed.push(id);
    });
    const failed = (await Promise.allSettled(all)).find((result) => result.status === 'rejected');
    if (failed) throw failed.reason;
    return changed;
  };

  let last: Promise<unknown> = Promise.resolve();
  return (act, ids, by) => {
    const turn = last.then(() => perform(act, new Set(ids), by));
    last = turn.catch(() => {});
    return turn;
  };
}

async function retry({ spool, trace, schedule, clock }: ActsDeps, id: MessageId, by: string) {
  const message = spool.get(id);
  if (!message || schedule.state(id) !== 'deferred') return false;
  // Its timer must not find the old time meanwhile.
  schedule.setAside(id);
  await Promise.all(dueNow(message, clock.now()).map((deferral) => spool.defer(id, deferral)));
  trace.record({ kind: 'queue-act', id, act: 'retry', by });
  schedule.resume(id);
  return true;
}

async function hold(deps: ActsDeps, id: MessageId, by: string): Promise<boolean> {
  const message = deps.spool.get(id);
  if (!message || message.held) return false;
  await setHeld(deps, id);
  deps.trace.record({ kind: 'queue-act', id, act: 'hold', by });
  return true;
}

async function release({ spool, trace, schedule }: ActsDeps, id: MessageId, by: string): Promise<boolean> {
  if (!spool.get(id)?.held) return false;
  await spool.hold(id, false);
  trace.record({ kind: 'queue-act', id, act: 'release', by });
  schedule.resume(id);
  return true;
}

/**
 * Held first, which is synced: after a crash before the last recipient is settled, or power loss after it, the message
 * is held and not delivered.
 */
async function drop(deps: ActsDeps, id: MessageId, by: string): Promise<boolean> {
  const { spool, trace, schedule, log } = deps;
  const message = spool.get(id);
  if (!message) return false;
  if (!message.held) await setHeld(deps, id);
  trace.record({ kind: 'queue-act', id, act: 'drop', by });
  if (schedule.state(id) !== 'running') await discard(deps, id);
  else {
    schedule.afterStep(id, () => {
      discard(deps, id).catch((error: unknown) => log.error({ err: error, id }, 'a drop failed'));
    });
  }
  return true;
}

async function setHeld({ spool, schedule }: ActsDeps, id: MessageId): Promise<void> {
  // Before the sync: nobody may take it up meanwhile.
  schedule.setAside(id);
  try {
    await spool.hold(id, true);
  } catch (error) {
    schedule.resume(id);
    throw error;
  }
  // A step that ended meanwhile may have put it back.
  schedule.setAside(id);
}

async function discard({ spool, trace, schedule }: ActsDeps, id: MessageId): Promise<void> {
  const message = spool.get(id);
  if (message) {
    const outcome = { kind: 'discarded', rule: 'operator', reply: '' } as const;
    const recipients = waitingIn(message).map((state) => state.address);
    for (const recipient of recipients) trace.record({ id, recipient, ...outcome });
    await trace.flush();
    await Promise.all(recipients.map((recipient) => spool.settle(id, recipient, outcome)));
  }
  schedule.forget(id);
}
