/**
 * The delivery stage: one attempt to put a message into the mailboxes of its recipients, in five steps: route, connect,
 * transact, classify, record. This file strings them together and writes down what they say.
 *
 * Invariants
 * - The attempt and the next one are in the spool before the connection is opened, so a message that kills its worker
 *   does not come back at once.
 * - Each recipient is settled alone, and only after the peer's reply to it and the final event; a failure only after
 *   the sender's notice or the quarantine item is synced. A crash may repeat a delivery, never skip one (promise P2).
 * - Nothing without a verdict that allows it is delivered (promise P3).
 */
import type { DeliverSettings } from '../config/settings.ts';
import type { Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import { messageOf } from '../lib/problem.ts';
import type { Envelope, Login } from '../mail/envelope.ts';
import { formatReply } from '../mail/reply.ts';
import type { Verdict } from '../mail/verdict.ts';
import type { Quarantine } from '../quarantine/quarantine.ts';
import type { WorkCrash } from '../queue/crash-points.ts';
import type { StageHandler, StepResult } from '../queue/queue.ts';
import { type Spool, type SpooledMessage, waitingIn } from '../spool/spool.ts';
import type { Trace } from '../trace/events.ts';
import { type Bounces, bounceTo } from './bounce.ts';
import { classify } from './classify.ts';
import type { LmtpPool } from './connect.ts';
import { type Delivered, type Postponed, postpone, type Records, record } from './record.ts';
import { type Due, route } from './route.ts';
import { traceHeaders } from './trace-headers.ts';

export interface DeliverStageDeps {
  readonly spool: Pick<Spool, 'get' | 'read' | 'defer' | 'settle'>;
  readonly trace: Pick<Trace, 'record' | 'flush'>;
  readonly lmtp: Pick<LmtpPool, 'deliver'>;
  readonly bounces: Bounces;
  readonly quarantine: Pick<Quarantine, 'keep'>;
  readonly hostname: string;
  readonly settings: DeliverSettings;
  readonly clock: Clock;
  readonly log: Log;
  /** For tests. */
  readonly crashPoint?: WorkCrash;
  /** For measuring: every message ends here, undelivered. */
  readonly discard: boolean;
}

export function createDeliverStage(deps: DeliverStageDeps): StageHandler {
  const { spool, clock } = deps;

  return async (id, signal) => {
    const message = spool.get(id);
    if (!message) return { kind: 'finished' };
    if (deps.discard) return discardAll(deps, message);
    const plan = route(message.verdict, message.envelope, message.recipients, clock.now());
    if (plan.kind === 'scan' || !message.verdict) return { kind: 'next', stage: 'scan' };
    if (plan.kind === 'wait') return { kind: 'retry', stage: 'deliver', at: plan.at };

    const { envelope, verdict } = message;
    await intend(deps, envelope, plan.due);
    try {
      const records = await attempt(deps, envelope, verdict, plan.due, signal);
      await writeDelivered(deps, envelope, records.delivered);
      // Broken off because the server stops or lost its receiver: due again as soon as it is back.
      const now = clock.now();
      const postponed = records.postponed.map((group) =>
        signal.aborted ? { ...group, nextTryAt: now } : group,
      );
      await writePostponed(deps, envelope, postponed);
      if (records.failed.length > 0) await conclude(deps, envelope, verdict, records.failed);
    } catch (error) {
      // Gone while it was worked on: its record did not check out and was parked.
      if (!spool.get(id)) return { kind: 'finished' };
      throw error;
    }
    return afterwards(spool.get(id), clock.now());
  };
}

/** Written before the risk: if nothing is heard of this attempt, the message is tried again as if it had failed. */
async function intend(deps: DeliverStageDeps, envelope: Envelope, due: readonly Due[]): Promise<void> {
  const waiting = due.map((one) => ({ due: one, reason: 'the attempt did not come to an end' }));
  for (const intention of postpone(waiting, deps.settings, timeOf(deps, envelope))) {
    await deps.spool.defer(envelope.id, { stage: 'deliver', ...intention });
  }
}

async function attempt(
  deps: DeliverStageDeps,
  envelope: Envelope,
  verdict: Verdict,
  due: readonly Due[],
  signal: AbortSignal,
): Promise<Records> {
  const { id, sender, sizeBytes } = envelope;
  const header = traceHeaders({ ...envelope, hostname: deps.hostname, verdict });
  const content = () => deps.spool.read(id);
  const answers = await deps.lmtp.deliver({ sender, recipients: due, header, content, sizeBytes }, signal);
  const outcomes = [...answers].map(([one, answer]) => [one, classify(answer)] as const);
  return record(outcomes, deps.settings, timeOf(deps, envelope));
}

async function writeDelivered(
  { spool, trace, clock, crashPoint: crash }: DeliverStageDeps,
  { id, receivedAt }: Envelope,
  delivered: readonly Delivered[],
): Promise<void> {
  if (delivered.length === 0) return;
  crash?.('work-delivered');
  const afterMs = Math.max(0, clock.now() - receivedAt);
  for (const { due, reply } of delivered) {
    const { recipient, folder } = due;
    trace.record({ kind: 'delivered', id, recipient, folder, reply, afterMs });
  }
  await trace.flush();
  crash?.('work-recorded');
  const settled = delivered.map(({ due: { recipient, folder }, reply }) =>
    spool.settle(id, recipient, { kind: 'delivered', folder, reply }),
  );
  await Promise.all(settled);
  crash?.('work-settled');
}

async function writePostponed(
  { spool, trace, log }: DeliverStageDeps,
  { id }: Envelope,
  postponed: readonly Postponed[],
): Promise<void> {
  for (const group of postponed) {
    await spool.defer(id, { stage: 'deliver', ...group });
    trace.record({ kind: 'deferred', id, stage: 'deliver', ...group });
    log.warn({ id, ...group }, 'delivery postponed');
  }
}

/** Tells the sender, or where nobody may be told keeps the message. What cannot be done now is tried again later. */
async function conclude(
  deps: DeliverStageDeps,
  envelope: Envelope,
  verdict: Verdict,
  failed: Records['failed'],
): Promise<void> {
  const to = bounceTo(envelope);
  const obstacle = to
    ? await bounce(deps, envelope, to, failed)
    : await keepUndeliverable(deps, envelope, verdict, failed);
  if (obstacle === null) return;
  const waiting = failed.map(({ due }) => ({ due, reason: obstacle }));
  await writePostponed(deps, envelope, postpone(waiting, deps.settings, timeOf(deps, envelope)));
}

/** Null: done. */
async function bounce(
  { bounces, spool, trace }: DeliverStageDeps,
  envelope: Envelope,
  to: Login,
  failed: Records['failed'],
): Promise<string | null> {
  const { id } = envelope;
  const sent = await bounces.send(envelope, to, failed);
  if (sent.kind === 'postponed') return sent.reason;
  const outcomes = failed.map(({ recipient, reply }) => ({
    recipient,
    outcome: { kind: 'bounced', reply: formatReply(reply), bounce: sent.bounce } as const,
  }));
  for (const { recipient, outcome } of outcomes) trace.record({ id, recipient, ...outcome });
  await trace.flush();
  await Promise.all(outcomes.map(({ recipient, outcome }) => spool.settle(id, recipient, outcome)));
  return null;
}

/** Promise P5: mail from outside, and our own notices, tell nobody; they can be found for a while. Null: done. */
async function keepUndeliverable(
  { quarantine, spool, trace, log }: DeliverStageDeps,
  envelope: Envelope,
  verdict: Verdict,
  failed: Records['failed'],
): Promise<string | null> {
  const { id } = envelope;
  const recipients = failed.map(({ recipient }) => recipient);
  const detail = failed[0] ? formatReply(failed[0].reply) : '';
  const content = await spool.read(id);
  try {
    await quarantine.keep({ envelope, recipients, reason: 'undeliverable', verdict, detail }, content);
  } catch (error) {
    log.error({ id, error: messageOf(error) }, 'undeliverable message could not be kept');
    return 'the message could not be kept in the quarantine';
  }
  const outcomes = failed.map(({ recipient, reply }) => ({
    recipient,
    outcome: { kind: 'discarded', rule: 'no-backscatter', reply: formatReply(reply) } as const,
  }));
  for (const { recipient, outcome } of outcomes) trace.record({ id, recipient, ...outcome });
  await trace.flush();
  await Promise.all(outcomes.map(({ recipient, outcome }) => spool.settle(id, recipient, outcome)));
  return null;
}

function afterwards(message: SpooledMessage | undefined, now: number): StepResult {
  const waiting = message ? waitingIn(message) : [];
  if (waiting.length === 0) return { kind: 'finished' };
  const at = Math.max(now, Math.min(...waiting.map((recipient) => recipient.nextTryAt)));
  return { kind: 'retry', stage: 'deliver', at };
}

async function discardAll({ spool, trace }: DeliverStageDeps, message: SpooledMessage): Promise<StepResult> {
  const { id } = message.envelope;
  const settled = waitingIn(message).map(({ address }) => {
    trace.record({ kind: 'discarded', id, recipient: address, rule: 'bench', reply: '' });
    return spool.settle(id, address, { kind: 'discarded', rule: 'bench', reply: '' });
  });
  await Promise.all(settled);
  return { kind: 'finished' };
}

function timeOf({ clock }: DeliverStageDeps, { receivedAt }: Envelope) {
  return { receivedAt, now: clock.now(), random: Math.random() };
}
