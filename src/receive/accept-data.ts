/**
 * From the first octet after 354 to the answer: read, spool, sync, wait for the verdict, answer. Nothing is
 * answered `250` before the spool has synced the message, and only this file answers: the worker reports its
 * verdict, and a verdict that comes after the answer finds nobody waiting.
 */
import type { Readable } from 'node:stream';
import type { Envelope, Login } from '../mail/envelope.ts';
import { type MessageId, newMessageId } from '../mail/message-id.ts';
import { formatReply, type Reply } from '../mail/reply.ts';
import { isRefused, type Verdict } from '../mail/verdict.ts';
import { acceptedEvent, recipientFacts } from '../trace/events.ts';
import { createContentCheck, refusalOf } from './content-check.ts';
import { createIntake, type Intake, type IntakeRefusal } from './intake.ts';
import { type ReadEnd, readContent } from './read-content.ts';
import { refusalFacts } from './refusals.ts';
import { accepted, replies, tooBig } from './replies.ts';
import { factsOf, type SessionState, type Shared, type Transaction } from './session-types.ts';

export interface DataResult {
  readonly reply: Reply;
  readonly next: 'go-on' | 'close';
  /** The message was accepted. */
  readonly taken: boolean;
  /** It was refused for what the content rules or the scanners found in it. */
  readonly unfit?: boolean;
}

export async function acceptData(
  shared: Shared,
  state: SessionState,
  transaction: Transaction,
  content: Readable,
): Promise<DataResult> {
  const { settings, spool, directory, clock, lifecycle, log } = shared;
  const { limits } = settings;
  const id = newMessageId(clock.now());
  const envelope = draftEnvelope(id, clock.now(), state, transaction);
  if (!transaction.judged) throw new Error('content without DATA');
  const check = createContentCheck({ policy: settings.policy, judged: transaction.judged, limits });
  const incoming = spool.begin(id);
  const facts = {
    ...envelope,
    hostname: settings.hostname,
    esmtp: state.helo?.esmtp ?? false,
    recipients: [...new Set(envelope.recipients.map(({ address, original }) => original ?? address))],
  };
  const intake = createIntake({ incoming, check, facts, directory, limits, log });
  const end = await readContent(content, intake.take, {
    limits,
    // A client that ignores our limit is heard out for as long again, then cut off.
    maxBytes: 2 * limits.messageBytes,
    clock,
    stopping: lifecycle.stopping,
  });
  if (end === 'complete') await intake.finish();
  const { inspection } = intake;
  if (end !== 'complete' || !inspection) {
    await incoming.abort();
    return turnedAway(shared, state, end, intake);
  }
  using activity = lifecycle.begin(`receiving ${id}`);
  if (!activity) {
    await incoming.abort();
    return turnedAway(shared, state, 'stopping', intake);
  }
  const { sizeBytes, messageIdHeader, claimsOurDomain } = intake;
  const whole: Envelope = { ...envelope, sizeBytes, messageIdHeader, claimsOurDomain, inspection };
  // The point of no return: whatever becomes of the client, a message that is stored goes on.
  const stored = await incoming.commit(whole);
  if (stored.kind !== 'stored') {
    const reply = stored.kind === 'full' ? replies.storageFull : replies.internal;
    return refused(shared, state, { reply });
  }
  const verdict = await verdictOf(shared, state, id);
  return verdict && isRefused(verdict)
    ? await refuseStored(shared, state, id, verdict)
    : accept(shared, whole);
}

/** What the content tells. */
type Found = 'sizeBytes' | 'messageIdHeader' | 'claimsOurDomain' | 'inspection';

function draftEnvelope(
  id: MessageId,
  receivedAt: number,
  state: SessionState,
  transaction: Transaction,
): Omit<Envelope, Found | 'client'> & { client: NonNullable<Envelope['client']> } {
  const { client, door, login } = factsOf(state);
  const { sender } = transaction;
  return {
    id,
    door,
    receivedAt,
    sender,
    login,
    client,
    recipients: [...transaction.recipients.values()],
    parent: null,
  };
}

/** Null: no verdict in time, or none worth waiting for. */
async function verdictOf(shared: Shared, state: SessionState, id: MessageId): Promise<Verdict | null> {
  const { queue, verdicts, discard, scannersUp, settings } = shared;
  const waitMs = settings.doors[state.door].verdictWaitMs;
  if (discard || waitMs <= 0 || !queue.available || !scannersUp()) {
    queue.submit(id);
    return null;
  }
  // Expected before it is submitted: a quick worker must not find nobody waiting.
  const expected = verdicts.expect(id, waitMs, state.gone);
  queue.submit(id);
  return await expected;
}

function accept({ trace }: Shared, envelope: Envelope): DataResult {
  trace.record(acceptedEvent(envelope, false));
  return { reply: accepted(envelope.id), next: 'go-on', taken: true };
}

async function refuseStored(
  shared: Shared,
  state: SessionState,
  id: MessageId,
  verdict: Verdict,
): Promise<DataResult> {
  // A verdict that refuses has a finding that says so.
  const reply = refusalOf(verdict.findings) ?? replies.internal;
  // Before the answer: after a crash in between the message counts as accepted, never the other way round.
  await shared.spool.refuse(id);
  const { door, client, login, sender } = factsOf(state);
  shared.trace.record({
    kind: 'refused',
    id,
    door,
    client,
    login: loginAddress(login),
    sender,
    recipient: null,
    recipients: recipientsOf(state),
    command: 'DATA',
    reply: formatReply(reply),
    ...refusalFacts(verdict.findings),
  });
  return { reply, next: 'go-on', taken: false, unfit: true };
}

function loginAddress(login: Login | null): Login['address'] | null {
  return login?.address ?? null;
}

function turnedAway(shared: Shared, state: SessionState, end: ReadEnd, intake: Intake): DataResult {
  switch (end) {
    case 'complete':
      if (intake.refusal?.why) shared.log.debug({ reason: intake.refusal.why }, 'message refused');
      return refused(shared, state, intake.refusal ?? { reply: replies.internal });
    case 'flood':
      return refused(shared, state, { reply: tooBig(shared.settings.limits.messageBytes) }, 'close');
    case 'slow':
      return refused(shared, state, { reply: replies.tooSlow }, 'close');
    case 'stopping':
      return { reply: replies.stopping, next: 'close', taken: false };
    case 'gone':
      return { reply: replies.internal, next: 'close', taken: false };
    default:
      throw new Error(`unknown end ${end satisfies never}`);
  }
}

function refused(
  shared: Shared,
  state: SessionState,
  { reply, findings }: Pick<IntakeRefusal, 'reply' | 'findings'>,
  next: DataResult['next'] = 'go-on',
): DataResult {
  shared.refusals.note({
    session: factsOf(state),
    command: 'DATA',
    reply,
    recipient: null,
    recipients: recipientsOf(state),
    ...(findings && { findings }),
  });
  return { reply, next, taken: false, unfit: findings !== undefined };
}

/** Who asks what became of a message knows for whom it was. */
function recipientsOf({ transaction }: SessionState) {
  return recipientFacts(transaction?.recipients.values() ?? []);
}
