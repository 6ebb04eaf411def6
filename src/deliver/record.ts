/**
 * Step 5 of a delivery: what is to be written down about each recipient. Pure; the stage writes it into spool and
 * delivery log.
 */
import type { Address } from '../mail/address.ts';
import type { AttemptOutcome } from '../mail/outcome.ts';
import { formatReply, type Reply } from '../mail/reply.ts';
import { type AttemptTime, deliverRetryAt, isExpired, type RetrySettings } from './retry.ts';
import type { Due } from './route.ts';

export interface Delivered {
  readonly due: Due;
  readonly reply: string;
}

/** Nothing more will be tried; somebody is to be told. */
export interface Failure {
  readonly recipient: Address;
  readonly reply: Reply;
}

/** Recipients that wait together. */
export interface Postponed {
  readonly recipients: readonly Address[];
  readonly attempt: number;
  readonly nextTryAt: number;
  readonly reason: string;
}

export interface Records {
  readonly delivered: readonly Delivered[];
  readonly failed: readonly (Failure & { readonly due: Due })[];
  readonly postponed: readonly Postponed[];
}

export function record(
  outcomes: Iterable<readonly [Due, AttemptOutcome]>,
  settings: RetrySettings,
  time: Omit<AttemptTime, 'attempt'>,
): Records {
  const delivered: Delivered[] = [];
  const failed: (Failure & { due: Due })[] = [];
  const waiting: { due: Due; reason: string }[] = [];
  for (const [due, outcome] of outcomes) {
    switch (outcome.kind) {
      case 'delivered':
        delivered.push({ due, reply: formatReply(outcome.reply) });
        break;
      case 'failed':
        failed.push({ due, recipient: due.recipient, reply: outcome.reply });
        break;
      case 'deferred':
        if (isExpired(settings, { ...time, attempt: due.attempt })) {
          failed.push({ due, recipient: due.recipient, reply: expiredReply(outcome.reply) });
        } else {
          const twice = outcome.maybeDuplicate ? ' (perhaps delivered)' : '';
          waiting.push({ due, reason: formatReply(outcome.reply, 470) + twice });
        }
    }
  }
  return { delivered, failed, postponed: postpone(waiting, settings, time) };
}

/** One entry for those with the same attempt and reason. */
export function postpone(
  waiting: Iterable<{ readonly due: Due; readonly reason: string }>,
  settings: RetrySettings,
  time: Omit<AttemptTime, 'attempt'>,
): Postponed[] {
  const groups = Map.groupBy(waiting, ({ due, reason }) => `${due.attempt} ${reason}`);
  const postponed: Postponed[] = [];
  for (const group of groups.values()) {
    const first = group[0];
    if (!first) continue;
    const { attempt } = first.due;
    postponed.push({
      recipients: group.map(({ due }) => due.recipient),
      attempt,
      nextTryAt: deliverRetryAt(settings, { ...time, attempt }),
      reason: first.reason,
    });
  }
  return postponed;
}

/** RFC 3463 §3.5: 4.4.7 delivery time expired. */
function expiredReply(last: Reply): Reply {
  return {
    code: 451,
    enhanced: '4.4.7',
    lines: [`Masa penghantaran tamat / Delivery time expired; last answer: ${formatReply(last, 300)}`],
  };
}
