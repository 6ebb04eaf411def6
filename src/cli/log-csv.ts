/** The delivery log as comma-separated values: one record an entry, its columns in an order that does not change. */
import type { LogEntry } from '../http/resources.ts';
import { senderOf } from './addresses.ts';
import type { Times } from './times.ts';

export const CSV_HEAD = [
  'time',
  'id',
  'outcome',
  'sender',
  'recipient',
  'reason',
  'reply',
  'attempts',
  'next_try',
  'updated',
  'door',
  'client',
  'login',
  'sender_agency',
  'recipient_agency',
  'message_id',
  'size_bytes',
  'parent',
  'reasons',
] as const;

/** Moments are in the time zone of the settings; what is not known is empty. */
export function csvCells(entry: LogEntry, times: Times): string[] {
  const cells: Record<(typeof CSV_HEAD)[number], string | number | null> = {
    time: times.sortable(entry.at),
    id: entry.id,
    outcome: entry.outcome,
    sender: entry.sender === undefined ? null : senderOf(entry.sender),
    recipient: entry.recipient,
    reason: entry.reason,
    reply: entry.reply,
    attempts: entry.attempts,
    next_try: entry.nextTryAt === null ? null : times.sortable(entry.nextTryAt),
    updated: times.sortable(entry.updatedAt),
    door: entry.door,
    client: entry.client,
    login: entry.login,
    sender_agency: entry.senderAgency,
    recipient_agency: entry.recipientAgency,
    message_id: entry.messageIdHeader,
    size_bytes: entry.sizeBytes,
    parent: entry.parent,
    reasons: entry.reasons.join(' '),
  };
  return CSV_HEAD.map((name) => String(cells[name] ?? ''));
}
