/**
 * Whether an event fits a filter. What an event does not say itself (a `delivered` has no sender) is taken from what is
 * known of its message: the facts of its `accepted` or `refused`.
 */
import { addressKey } from '../mail/address.ts';
import { fitsPattern, parsePattern } from '../mail/address-pattern.ts';
import type { AgencyId } from '../mail/envelope.ts';
import type { Finding } from '../mail/finding.ts';
import type { MessageId } from '../mail/message-id.ts';
import { findingsOf, type RecordedEvent, reasonsOf, refusedFor } from './events.ts';
import { clientOf, formsOfMessageId, formsOfReason, wordsOf } from './filter.ts';
import type { LogFilter, Outcome } from './log.ts';

export interface MessageFacts {
  readonly id: MessageId;
  /** When the first of it was recorded: a later one that says the same is a repeat. */
  readonly at: string;
  /** Null: the null sender; undefined: not known. */
  readonly sender: string | null | undefined;
  readonly senderAgency: AgencyId | null;
  readonly client: string | null;
  readonly messageIdHeader: string | null;
  readonly recipients: readonly { readonly address: string; readonly agencyId: AgencyId | null }[];
}

/** Null: it tells nothing of a message as a whole. */
export function messageFacts(event: RecordedEvent): MessageFacts | null {
  if (event.kind === 'accepted') {
    const { id, at, sender, login, client, messageIdHeader, recipients } = event;
    const senderAgency = login?.agencyId ?? null;
    return { id, at, sender, senderAgency, client: client?.address ?? null, messageIdHeader, recipients };
  }
  if (event.kind === 'refused' && event.id !== null) {
    const { id, at, sender, client } = event;
    const recipients = refusedFor(event);
    return { id, at, sender, senderAgency: null, client: client.address, messageIdHeader: null, recipients };
  }
  return null;
}

/** Whether `matches` has to know the message of this event. */
export function needsFacts(filter: LogFilter, event: RecordedEvent): boolean {
  const { sender, recipient, address, messageId, client, agency } = filter;
  if (event.id === null || event.kind === 'accepted' || event.kind === 'refused') return false;
  return [sender, recipient, address, messageId, client, agency].some((value) => value !== undefined);
}

/** `known` null: nothing is; what the filter asks of the message then does not hold. */
export function matches(
  filter: LogFilter,
  event: RecordedEvent,
  known: MessageFacts | null | undefined,
): boolean {
  return matchesItself(filter, event) && matchesMessage(filter, subjectOf(event, known));
}

function matchesItself(filter: LogFilter, event: RecordedEvent): boolean {
  const { id, since, until, outcomes, reason, text } = filter;
  const at = Date.parse(event.at);
  if (id !== undefined && event.id !== id) return false;
  if ((since !== undefined && at < since) || (until !== undefined && at >= until)) return false;
  const outcome = outcomeOf(event);
  if (outcomes && (outcome === null || !outcomes.includes(outcome))) return false;
  if (reason !== undefined && !hasReason(event, reason)) return false;
  if (text === undefined) return true;
  const said = textOf(event).toLowerCase();
  return wordsOf(text).every((word) => said.includes(word.toLowerCase()));
}

type Subject = Omit<MessageFacts, 'id' | 'at'>;

function matchesMessage(filter: LogFilter, subject: Subject): boolean {
  const { sender, recipient, address, messageId, client, agency } = filter;
  const toWanted = (text: string): boolean =>
    subject.recipients.some((one) => fitsPattern(parsePattern(text), one.address));
  const fromWanted = (text: string): boolean =>
    subject.sender !== undefined && fitsPattern(parsePattern(text), subject.sender);
  const ofAgency = (id: AgencyId): boolean =>
    subject.senderAgency === id || subject.recipients.some(({ agencyId }) => agencyId === id);
  const called = (text: string): boolean => formsOfMessageId(text).includes(subject.messageIdHeader ?? '');
  return (
    (sender === undefined || fromWanted(sender)) &&
    (recipient === undefined || toWanted(recipient)) &&
    (address === undefined || fromWanted(address) || toWanted(address)) &&
    (messageId === undefined || called(messageId)) &&
    (client === undefined || clientOf(client) === subject.client) &&
    (agency === undefined || ofAgency(agency))
  );
}

const NOTHING: Subject = {
  sender: undefined,
  senderAgency: null,
  client: null,
  messageIdHeader: null,
  recipients: [],
};

/** What the event is about: of the message's recipients those that it names, if it names any. */
function subjectOf(event: RecordedEvent, known: MessageFacts | null | undefined): Subject {
  if (event.kind === 'login-failed') return { ...NOTHING, client: event.client.address };
  if (event.kind === 'refused') {
    const recipients = refusedFor(event);
    return { ...NOTHING, sender: event.sender, client: event.client.address, recipients };
  }
  const subject = (event.kind === 'accepted' ? messageFacts(event) : known) ?? NOTHING;
  const named = recipientsOf(event);
  if (named === null) return subject;
  const agencies = new Map(subject.recipients.map((one) => [one.address.toLowerCase(), one.agencyId]));
  const recipients = named.map((address) => ({
    address,
    agencyId: agencies.get(addressKey(address)) ?? null,
  }));
  return { ...subject, recipients };
}

/** Null: about all of the message's recipients. */
function recipientsOf(event: RecordedEvent) {
  switch (event.kind) {
    case 'deferred':
    case 'released':
    case 'purged':
      return event.recipients;
    case 'delivered':
    case 'bounced':
    case 'quarantined':
    case 'discarded':
      return [event.recipient];
    default:
      return null;
  }
}

/** The state into which the event brings a message; null: it changes none. */
function outcomeOf(event: RecordedEvent): Outcome | null {
  switch (event.kind) {
    case 'accepted':
      return 'waiting';
    case 'scanned':
    case 'released':
    case 'purged':
      return null;
    case 'queue-act':
      return event.act === 'hold' ? 'held' : null;
    default:
      return event.kind;
  }
}

function hasReason(event: RecordedEvent, wanted: string): boolean {
  const there: readonly (string | null)[] = [reasonOf(event), ...reasonsOf(event)];
  return formsOfReason(wanted).some((form) => there.includes(form));
}

function reasonOf(event: RecordedEvent): string | null {
  switch (event.kind) {
    case 'deferred':
      return event.stage;
    case 'delivered':
      return event.folder;
    case 'quarantined':
      return event.reason;
    case 'released':
      return event.reason ?? null;
    case 'discarded':
      return event.rule;
    default:
      return null;
  }
}

/** What a peer said, or why something was done. */
function textOf(event: RecordedEvent): string {
  switch (event.kind) {
    case 'refused':
      return [event.reply, ...findingsOf(event).map(wordsOfFinding)].join(' ');
    case 'scanned':
      return findingsOf(event).map(wordsOfFinding).join(' ');
    case 'delivered':
    case 'bounced':
      return event.reply;
    case 'discarded':
      return `${event.reply} ${event.rule}`;
    case 'deferred':
      return event.reason;
    case 'quarantined':
      return event.reason;
    case 'login-failed':
      return event.name;
    case 'queue-act':
      return event.by;
    default:
      return '';
  }
}

function wordsOfFinding({ reason, detail }: Finding): string {
  return `${reason} ${detail}`;
}
