/**
 * The policy stage: carries out what a verdict means. It runs right after the scan, as the second step of one job.
 *
 * Invariants
 * - A recipient is settled as quarantined only after content and facts are synced in the quarantine, and the notice about
 *   it in the spool; as bounced only after the sender's notice is. A crash in between keeps or tells twice, never not at all.
 * - What was refused too late tells a sender of ours; mail from outside tells no sender (promise P5).
 */
import type { Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import type { Address } from '../mail/address.ts';
import { type Destination, destinationOf } from '../mail/destination.ts';
import type { FailureNotice } from '../mail/dsn.ts';
import type { Envelope, Login } from '../mail/envelope.ts';
import type { Finding } from '../mail/finding.ts';
import type { MessageId } from '../mail/message-id.ts';
import type { FinalOutcome } from '../mail/outcome.ts';
import { formatReply } from '../mail/reply.ts';
import type { Verdict } from '../mail/verdict.ts';
import type { Quarantine } from '../quarantine/quarantine.ts';
import type { StageHandler, StepResult } from '../queue/queue.ts';
import { replyOf } from '../rules/catalogue.ts';
import { type Spool, type SpooledMessage, waitingIn } from '../spool/spool.ts';
import type { Trace } from '../trace/events.ts';
import { describeVerdict } from './describe.ts';
import { createNotices, type Notices, type NoticesDeps } from './notices.ts';

/** Those of the delivery (`deliver/bounce.ts`). */
export interface Bounces {
  send(
    envelope: Envelope,
    to: Login,
    failures: FailureNotice['failures'],
  ): Promise<
    | { readonly kind: 'sent'; readonly bounce: MessageId }
    | { readonly kind: 'postponed'; readonly reason: string }
  >;
}

export interface PolicyStageDeps extends Omit<NoticesDeps, 'log'> {
  readonly spool: Pick<Spool, 'get' | 'read' | 'defer' | 'settle'>;
  readonly trace: Pick<Trace, 'record' | 'flush'>;
  readonly quarantine: Pick<Quarantine, 'keep'>;
  readonly bounces: Bounces;
  readonly clock: Clock;
  readonly log: Log;
}

/** The spool takes no notice now. */
const AGAIN_MS = 60_000;

export function createPolicyStage(deps: PolicyStageDeps): StageHandler {
  const notices = createNotices(deps);
  return async (id) => {
    const message = deps.spool.get(id);
    if (!message) return { kind: 'finished' };
    const { envelope, verdict } = message;
    if (!verdict) return { kind: 'next', stage: 'scan' };
    const destination = destinationOf(verdict, envelope);
    switch (destination.kind) {
      case 'deliver':
        return { kind: 'next', stage: 'deliver' };
      case 'quarantine':
        return await keep(deps, notices, message, verdict, destination);
      case 'bounce':
        return await bounce(deps, message, destination);
      default:
        return destination satisfies never;
    }
  };
}

type To<Kind extends Destination['kind']> = Extract<Destination, { readonly kind: Kind }>;

async function keep(
  deps: PolicyStageDeps,
  notices: Notices,
  message: SpooledMessage,
  verdict: Verdict,
  { reason }: To<'quarantine'>,
): Promise<StepResult> {
  const { envelope } = message;
  const { id } = envelope;
  const recipients = waitingIn(message).map((state) => state.address);
  const detail = describeVerdict(verdict);
  const content = await deps.spool.read(id);
  await deps.quarantine.keep({ envelope, recipients, reason, verdict, detail }, content);
  await notices.tell({ envelope, recipients, reason, detail });
  await settle(deps, id, recipients, { kind: 'quarantined', reason });
  deps.log.info({ id, reason, detail, recipients: recipients.length }, 'message quarantined');
  return { kind: 'finished' };
}

async function bounce(
  deps: PolicyStageDeps,
  message: SpooledMessage,
  { finding, to }: To<'bounce'>,
): Promise<StepResult> {
  const { envelope } = message;
  const { id } = envelope;
  const reply = replyOf(finding);
  const recipients = waitingIn(message).map((state) => state.address);
  const explanation = explanationOf(finding);
  const failures = recipients.map((recipient) => ({ recipient, reply, explanation }));
  const sent = await deps.bounces.send(envelope, to, failures);
  if (sent.kind === 'postponed') return await postpone(deps, message, sent.reason);
  await settle(deps, id, recipients, { kind: 'bounced', reply: formatReply(reply), bounce: sent.bounce });
  const { reason, detail } = finding;
  deps.log.info({ id, reason, detail, recipients: recipients.length }, 'message refused after its answer');
  return { kind: 'finished' };
}

/** The catalogue's reply says what it is and what to do, where an enhanced code only says "not allowed". */
function explanationOf(finding: Finding) {
  const [malay = '', english = ''] = replyOf(finding).lines;
  return { malay, english };
}

async function settle(
  { spool, trace }: PolicyStageDeps,
  id: MessageId,
  recipients: readonly Address[],
  outcome: Extract<FinalOutcome, { readonly kind: 'quarantined' | 'bounced' }>,
): Promise<void> {
  for (const recipient of recipients) trace.record({ id, recipient, ...outcome });
  await trace.flush();
  for (const recipient of recipients) await spool.settle(id, recipient, outcome);
}

/** Once scanned a message waits at its recipients (`dueAt` of the spool). */
async function postpone(
  { spool, trace, clock, log }: PolicyStageDeps,
  message: SpooledMessage,
  reason: string,
): Promise<StepResult> {
  const { id } = message.envelope;
  const waiting = waitingIn(message);
  const deferral = {
    stage: 'deliver',
    recipients: waiting.map((state) => state.address),
    attempt: Math.max(...waiting.map((state) => state.attempts)) + 1,
    nextTryAt: clock.now() + AGAIN_MS,
    reason,
  } as const;
  await spool.defer(id, deferral);
  trace.record({ kind: 'deferred', id, ...deferral });
  log.warn({ id, reason }, 'message waits: its sender could not be told');
  return { kind: 'retry', stage: 'deliver', at: deferral.nextTryAt };
}

/** The 'scan' job of the queue: policy follows when the scan lets the message go on. */
export function createScanAndPolicy(scan: StageHandler, policy: StageHandler): StageHandler {
  return async (id, signal) => {
    const step = await scan(id, signal);
    return step.kind === 'next' ? policy(id, signal) : step;
  };
}
