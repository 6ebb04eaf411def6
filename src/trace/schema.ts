/**
 * The rows of the delivery log as they lie in the database (`db/trace-migrations.ts` makes the tables). Only this folder
 * sees rows; they are made from the lines and may be made again.
 */
import type { Database } from '../db/open.ts';
import type { Address } from '../mail/address.ts';
import type { AgencyId, Door } from '../mail/envelope.ts';
import type { MessageId } from '../mail/message-id.ts';
import type { Outcome } from './log.ts';

export interface TraceSchema {
  readonly entries: EntryRow;
  readonly events: EventRow;
  readonly files: FileRow;
}

export type TraceDatabase = Database<TraceSchema>;

/** One recipient of one message, accepted or refused, one other refusal, or one failed login. */
export interface EntryRow {
  /** Tells those of one moment apart; the later written has the higher one. */
  readonly number: number;
  readonly message: MessageId | null;
  readonly at: number;
  readonly door: Door | null;
  readonly client: string | null;
  readonly login: Address | null;
  /** In lower case; "": the null sender; null: not known. */
  readonly sender: string | null;
  /** Null: as in `sender`. */
  readonly sender_written: string | null;
  readonly sender_domain: string | null;
  readonly sender_agency: AgencyId | null;
  /** In lower case; null: not about one. */
  readonly recipient: string | null;
  /** Null: as in `recipient`. */
  readonly recipient_written: string | null;
  readonly recipient_domain: string | null;
  readonly recipient_agency: AgencyId | null;
  readonly message_id: string | null;
  readonly size_bytes: number | null;
  readonly parent: MessageId | null;
  readonly outcome: Outcome;
  readonly reason: string | null;
  readonly reply: string | null;
  /** ",structure,spam,"; null: nothing was found. */
  readonly reasons: string | null;
  readonly attempts: number;
  readonly next_try_at: number | null;
  readonly updated_at: number;
}

export interface EventRow {
  /** Its identity. */
  readonly event: string;
  readonly message: MessageId | null;
  readonly at: number;
  /** The line as it was written. */
  readonly body: string;
}

/** How far a file of lines has become rows: changed with them in one transaction. */
export interface FileRow {
  readonly name: string;
  readonly position: number;
}
