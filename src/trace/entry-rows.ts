/** An entry as a row, and back. Addresses are kept in lower case to be found, and as written where that is not the same. */
import { REASONS } from '../mail/finding.ts';
import { currentReason } from '../mail/outcome.ts';
import type { LogEntry } from './log.ts';
import type { EntryRow } from './schema.ts';

/** An index of PostgreSQL takes keys of some 2,700 octets; nobody searches for what is longer than this. */
const LONGEST_KEY = 500;

export type EntryFacts = Omit<EntryRow, 'number'>;

export function toRow(entry: LogEntry): EntryFacts {
  const sender = entry.sender === null ? '' : (entry.sender ?? null);
  return {
    message: entry.id,
    at: entry.at,
    door: entry.door,
    client: entry.client,
    login: entry.login,
    sender: keyOf(sender),
    sender_written: writtenOf(sender),
    sender_domain: domainOf(sender),
    sender_agency: entry.senderAgency,
    recipient: keyOf(entry.recipient),
    recipient_written: writtenOf(entry.recipient),
    recipient_domain: domainOf(entry.recipient),
    recipient_agency: entry.recipientAgency,
    message_id: entry.messageIdHeader,
    size_bytes: entry.sizeBytes,
    parent: entry.parent,
    outcome: entry.outcome,
    reason: entry.reason,
    reply: entry.reply,
    reasons: entry.reasons.length === 0 ? null : `,${entry.reasons.join(',')},`,
    attempts: entry.attempts,
    next_try_at: entry.nextTryAt,
    updated_at: entry.updatedAt,
  };
}

export function fromRow(row: EntryRow): LogEntry {
  const sender = row.sender_written ?? row.sender;
  return {
    id: row.message,
    at: row.at,
    door: row.door,
    client: row.client,
    login: row.login,
    // It was an Address, or empty, when it was written here.
    sender: sender === null ? undefined : sender === '' ? null : (sender as LogEntry['sender']),
    senderAgency: row.sender_agency,
    recipient: row.recipient_written ?? row.recipient,
    recipientAgency: row.recipient_agency,
    messageIdHeader: row.message_id,
    sizeBytes: row.size_bytes,
    parent: row.parent,
    outcome: row.outcome,
    reason: row.reason === null ? null : currentReason(row.reason),
    reply: row.reply,
    reasons: reasonsIn(row.reasons),
    attempts: row.attempts,
    nextTryAt: row.next_try_at,
    updatedAt: row.updated_at,
  };
}

/** In the form in which addresses are compared. */
export function keyOf<Written extends string | null>(written: Written): string | (Written & null) {
  return written === null ? written : written.toLowerCase().slice(0, LONGEST_KEY);
}

function writtenOf(written: string | null): string | null {
  return written === keyOf(written) ? null : written;
}

/** Null: there is none in it. */
export function domainOf(written: string | null): string | null {
  const at = written?.lastIndexOf('@') ?? -1;
  return at < 0 ? null : keyOf(written?.slice(at + 1) ?? null);
}

function reasonsIn(written: string | null): LogEntry['reasons'] {
  const words = written?.split(',') ?? [];
  return words.flatMap((word) => REASONS.find((reason) => reason === word) ?? []);
}
