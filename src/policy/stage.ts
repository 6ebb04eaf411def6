/**
 * The policy stage: carries out what a verdict means. It runs right after the scan, as the second step of one job.
 *
 * Invariant: a recipient is settled as quarantined only after content and facts are synced in the quarantine, so a
 * crash in between keeps the message twice, never nowhere.
 */
import type { Log } from '../lib/log.ts';
import { destinationOf } from '../mail/destination.ts';
import type { Quarantine } from '../quarantine/quarantine.ts';
import type { StageHandler } from '../queue/queue.ts';
import { type Spool, waitingIn } from '../spool/spool.ts';
import type { Trace } from '../trace/events.ts';
import { describeVerdict } from './describe.ts';

export interface PolicyStageDeps {
  readonly spool: Pick<Spool, 'get' | 'read' | 'settle'>;
  readonly trace: Pick<Trace, 'record' | 'flush'>;
  readonly quarantine: Pick<Quarantine, 'keep'>;
  readonly log: Log;
}

export function createPolicyStage({ spool, trace, quarantine, log }: PolicyStageDeps): StageHandler {
  return async (id) => {
    const message = spool.get(id);
    if (!message) return { kind: 'finished' };
    const { envelope, verdict } = message;
    if (!verdict) return { kind: 'next', stage: 'scan' };
    const destination = destinationOf(verdict, envelope);
    if (destination.kind === 'deliver') return { kind: 'next', stage: 'deliver' };

    const { reason } = destination;
    const recipients = waitingIn(message).map((state) => state.address);
    const detail = describeVerdict(verdict);
    await quarantine.keep({ envelope, recipients, reason, verdict, detail }, await spool.read(id));
    for (const recipient of recipients) trace.record({ kind: 'quarantined', id, recipient, reason });
    await trace.flush();
    for (const recipient of recipients) {
      await spool.settle(id, recipient, { kind: 'quarantined', reason });
    }
    log.info({ id, reason, detail, recipients: recipients.length }, 'message quarantined');
    return { kind: 'finished' };
  };
}

/** The 'scan' job of the queue: policy follows when the scan lets the message go on. */
export function createScanAndPolicy(scan: StageHandler, policy: StageHandler): StageHandler {
  return async (id, signal) => {
    const step = await scan(id, signal);
    return step.kind === 'next' ? policy(id, signal) : step;
  };
}
