/** Where an unfinished message stands, and what is written down when that changes from outside its stages. Pure. */
import { messageOf } from '../lib/problem.ts';
import { printable } from '../mail/reply.ts';
import { type Deferral, type SpooledMessage, waitingIn } from '../spool/spool.ts';
import type { Stage } from './queue.ts';

/** Where a message is in the eyes of an operator: what it waits for next. */
export function stageOf(message: SpooledMessage): Stage {
  return message.verdict === null ? 'scan' : 'deliver';
}

/** A handler threw. Once scanned a message waits at its recipients (as `dueAt` reads it): its policy was not carried out. */
export function faultDeferral(message: SpooledMessage, at: number, reason: string): Deferral {
  const waiting = waitingIn(message);
  const stage = stageOf(message);
  const attempts =
    stage === 'scan' ? message.scan.attempts : Math.max(...waiting.map((recipient) => recipient.attempts));
  return {
    stage,
    recipients: waiting.map((recipient) => recipient.address),
    attempt: attempts + 1,
    nextTryAt: at,
    reason: printable(`failed here: ${reason}`).slice(0, 500),
  };
}

/** The same attempts with the same reasons, due now: an operator's wish is no failure. */
export function dueNow(message: SpooledMessage, now: number): Deferral[] {
  const { scan } = message;
  const waiting = waitingIn(message);
  if (message.verdict === null) {
    const recipients = waiting.map((recipient) => recipient.address);
    const reason = scan.reason ?? '';
    return [{ stage: 'scan', recipients, attempt: scan.attempts, nextTryAt: now, reason }];
  }
  const later = waiting.filter((recipient) => recipient.nextTryAt > now);
  const groups = Map.groupBy(later, ({ attempts, reason }) => `${attempts} ${reason}`);
  return [...groups.values()].map((group) => ({
    stage: 'deliver',
    recipients: group.map((recipient) => recipient.address),
    attempt: group[0]?.attempts ?? 0,
    nextTryAt: now,
    reason: group[0]?.reason ?? '',
  }));
}

export function reasonOf(error: unknown): string {
  return printable(messageOf(error)).slice(0, 500);
}
