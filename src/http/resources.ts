/**
 * The JSON that the API answers, resource by resource: the contract with the geganti command and the console.
 * Types only. Moments are milliseconds since 1970 UTC (`…At`), except in events, which are shown as they are kept.
 */
import type { Agency, User } from '../directory/directory.ts';
import type { Address, ReversePath } from '../mail/address.ts';
import type { Client, Door, Login } from '../mail/envelope.ts';
import type { MessageId } from '../mail/message-id.ts';
import type { QuarantineReason } from '../mail/outcome.ts';
import type { Verdict } from '../mail/verdict.ts';
import type { Stage } from '../queue/queue.ts';
import type { RecordedEvent } from '../trace/events.ts';

export type { Agency, User, UserWithPassword } from '../directory/directory.ts';
export type { RecordedEvent } from '../trace/events.ts';
export type { PartStatus, Status } from './status.ts';

export interface AgencyList {
  readonly agencies: readonly Agency[];
}

export interface UserList {
  readonly users: readonly User[];
}

export interface EventList {
  /** Oldest first. */
  readonly events: readonly RecordedEvent[];
}

/** A line of `GET /log/follow` that is no event: why the stream ends. */
export interface FollowNotice {
  readonly notice: string;
}

/** The path of one message. */
export interface MessagePath extends EventList {
  readonly id: MessageId;
  /** The message that caused this one; null: none. */
  readonly parent: MessageId | null;
  /** The messages that this one caused: its bounces. */
  readonly children: readonly MessageId[];
  /** Null: it has left the spool. */
  readonly waiting: WaitingMessage | null;
}

export interface WaitingList {
  /** All messages in the spool; `messages` may hold fewer. */
  readonly total: number;
  /** Oldest first. */
  readonly messages: readonly WaitingMessage[];
}

export interface WaitingMessage {
  readonly id: MessageId;
  readonly stage: Stage;
  readonly door: Door;
  readonly sender: ReversePath;
  /** Those who do not have it yet, the first twenty, and their number. */
  readonly recipients: readonly Address[];
  readonly recipientCount: number;
  readonly receivedAt: number;
  readonly sizeBytes: number;
  /** Failed ones, at this stage. */
  readonly attempts: number;
  /** 0: at once. */
  readonly nextTryAt: number;
  /** What the last attempt came to; null: there was none. */
  readonly reason: string | null;
}

export interface QuarantineList {
  readonly items: readonly KeptMessage[];
}

export interface KeptMessage {
  readonly id: MessageId;
  readonly reason: QuarantineReason;
  readonly detail: string;
  readonly sender: ReversePath;
  readonly recipients: readonly Address[];
  readonly sizeBytes: number;
  readonly receivedAt: number;
  readonly keptAt: number;
  readonly expiresAt: number;
}

export interface KeptMessageInFull extends KeptMessage {
  readonly door: Door;
  readonly client: Client | null;
  readonly login: Login | null;
  readonly messageIdHeader: string | null;
  readonly verdict: Verdict | null;
}

/** RFC 9457. */
export interface ProblemDetails {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
}
