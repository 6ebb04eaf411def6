/**
 * The reading side of the delivery log: one entry for each recipient of each message with its present state, refused
 * messages among them, one for each other refusal and each failed login; the events of one message; and the events as
 * they come.
 *
 * Entries are rows of the trace database, made from the lines that the processes write (`recorder.ts`). They may be
 * thrown away and made again from the lines that are kept.
 */
import type { Address, ReversePath } from '../mail/address.ts';
import type { AgencyId, Door } from '../mail/envelope.ts';
import type { Reason } from '../mail/finding.ts';
import type { MessageId } from '../mail/message-id.ts';
import type { RecordedEvent } from './events.ts';

/** waiting: accepted, nothing else known yet. The last four of a message's are final. */
export const OUTCOMES = [
  'waiting',
  'deferred',
  'held',
  'refused',
  'login-failed',
  'delivered',
  'bounced',
  'quarantined',
  'discarded',
] as const;
export type Outcome = (typeof OUTCOMES)[number];

/** Absent: any. What is given must all hold. Addresses are compared without regard to case. */
export interface LogFilter {
  /** A whole address, or "@moh.example"; "<>": the null sender. */
  readonly sender?: string;
  readonly recipient?: string;
  /** Sender or recipient. */
  readonly address?: string;
  readonly id?: MessageId;
  /** With or without angle brackets. */
  readonly messageId?: string;
  /** IP address. */
  readonly client?: string;
  /** Of the sender's login or of the recipient. */
  readonly agency?: AgencyId;
  /** Milliseconds since 1970; from this moment, and before that one. */
  readonly since?: number;
  readonly until?: number;
  readonly outcomes?: readonly Outcome[];
  /** "virus", "external-storage", "no-backscatter" …: of the outcome, or of something that was found in the content. */
  readonly reason?: string;
  /** Words of the last reply, or of why it waits or is kept; in any case. */
  readonly text?: string;
}

export interface LogQuery extends LogFilter {
  readonly limit: number;
  /** `next` of the page before. */
  readonly cursor?: string;
}

export interface LogPage {
  /** Newest first. */
  readonly entries: readonly LogEntry[];
  /** Null: there is no more. */
  readonly next: string | null;
}

export interface LogEntry {
  /** Null: refused before there was a message, or a login. */
  readonly id: MessageId | null;
  /** When it was accepted or refused; milliseconds since 1970. */
  readonly at: number;
  readonly door: Door | null;
  readonly client: string | null;
  readonly login: Address | null;
  /** Undefined: not known (refused before MAIL). */
  readonly sender: ReversePath | undefined;
  readonly senderAgency: AgencyId | null;
  /** As given; null: not about one. */
  readonly recipient: string | null;
  readonly recipientAgency: AgencyId | null;
  readonly messageIdHeader: string | null;
  readonly sizeBytes: number | null;
  readonly parent: MessageId | null;
  readonly outcome: Outcome;
  /** Reason or rule of the outcome, or the folder; null: there is none. */
  readonly reason: string | null;
  /** The last reply, or why it waits or is kept; null: there is none. */
  readonly reply: string | null;
  /** What was found in the content, whatever came of it; heaviest first. */
  readonly reasons: readonly Reason[];
  readonly attempts: number;
  /** Null: no attempt is to come. */
  readonly nextTryAt: number | null;
  /** When it came to the present state. */
  readonly updatedAt: number;
}

/** A line of the live log that is no event: something is missing here, and why. */
export interface FollowNotice {
  readonly notice: string;
}

export interface DeliveryLog extends AsyncDisposable {
  search(query: LogQuery): Promise<LogPage>;
  /** Every event of one message that is kept, oldest first; those that were recorded before this was asked are there. */
  events(id: MessageId): Promise<readonly RecordedEvent[]>;
  /** Messages that name this one as their parent, oldest first. */
  children(id: MessageId): Promise<readonly MessageId[]>;
  /**
   * The last `last` events that fit, oldest first, then every new one until the signal is aborted, each once. It reads
   * as fast as it is read: a slow reader loses nothing, except what was pruned meanwhile, and then a notice says so.
   */
  follow(filter: LogFilter, last: number, signal: AbortSignal): AsyncIterable<RecordedEvent | FollowNotice>;
  /** How far the rows are behind the lines, and what could not be read. */
  status(): Promise<LogStatus>;
}

export interface LogStatus {
  /** Octets of lines that are not rows yet. */
  readonly behindBytes: number;
  /** Why it does not get on (the database is away); null: it does. */
  readonly problem: string | null;
  /** Lines that are no events, since the start. */
  readonly badLines: number;
}
