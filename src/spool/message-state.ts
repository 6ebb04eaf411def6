/**
 * What is known of a message beyond its envelope: the fold of its journal entries. Pure, and the same for a
 * running spool and for a recovery, so both come to the same state. Values are replaced, never changed.
 */
import { type Address, addressKey } from '../mail/address.ts';
import type { Envelope } from '../mail/envelope.ts';
import type { JournalEntry } from './journal-entry.ts';
import type { Deferral, RecipientState, SpooledMessage } from './spool.ts';

export function newMessage(envelope: Envelope): SpooledMessage {
  return {
    envelope,
    verdict: null,
    recipients: envelope.recipients.map(({ address }) => ({
      address,
      outcome: null,
      attempts: 0,
      nextTryAt: 0,
      reason: null,
    })),
    scan: { attempts: 0, nextTryAt: 0, reason: null },
    held: false,
  };
}

/**
 * Null: the message is finished. Entries may come twice, and those of two journals one journal after the other: the
 * first outcome of a recipient and the highest attempt stay.
 */
export function applyEntry(message: SpooledMessage, entry: JournalEntry): SpooledMessage | null {
  switch (entry.kind) {
    case 'refused':
    case 'moved':
      return null;
    case 'verdict':
      return { ...message, verdict: entry.verdict };
    case 'deferred':
      return defer(message, entry.deferral);
    case 'settled': {
      const recipients = update(message, [entry.recipient], (state) =>
        state.outcome ? state : { ...state, outcome: entry.outcome },
      );
      return recipients.every((state) => state.outcome) ? null : { ...message, recipients };
    }
    case 'held':
      return { ...message, held: true };
    case 'released':
      return { ...message, held: false };
    default:
      return entry satisfies never;
  }
}

/** The same for all entries of a message at once. */
export function replay(envelope: Envelope, entries: readonly JournalEntry[]): SpooledMessage | null {
  let message: SpooledMessage | null = newMessage(envelope);
  for (const entry of entries) {
    message = applyEntry(message, entry);
    if (!message) return null;
  }
  return message;
}

/** Entries that lead from a new message to this state: what a message takes along into a file of its own. */
export function entriesOf(message: SpooledMessage): JournalEntry[] {
  const { id } = message.envelope;
  const entries: JournalEntry[] = [];
  if (message.verdict) entries.push({ kind: 'verdict', id, verdict: message.verdict });
  const { attempts, nextTryAt, reason } = message.scan;
  if (attempts > 0) {
    const deferral = {
      stage: 'scan',
      recipients: [],
      attempt: attempts,
      nextTryAt,
      reason: reason ?? '',
    } as const;
    entries.push({ kind: 'deferred', id, deferral });
  }
  if (message.held) entries.push({ kind: 'held', id });
  for (const state of message.recipients) {
    if (state.attempts > 0) entries.push({ kind: 'deferred', id, deferral: deferralOf(state) });
    if (state.outcome)
      entries.push({ kind: 'settled', id, recipient: state.address, outcome: state.outcome });
  }
  return entries;
}

export function hasRecipient(message: SpooledMessage, recipient: Address): boolean {
  const key = addressKey(recipient);
  return message.recipients.some((state) => addressKey(state.address) === key);
}

function defer(message: SpooledMessage, deferral: Deferral): SpooledMessage {
  const { attempt, nextTryAt, reason } = deferral;
  if (deferral.stage === 'scan') {
    if (attempt < message.scan.attempts) return message;
    return { ...message, scan: { attempts: attempt, nextTryAt, reason } };
  }
  const recipients = update(message, deferral.recipients, (state) =>
    attempt < state.attempts ? state : { ...state, attempts: attempt, nextTryAt, reason },
  );
  return { ...message, recipients };
}

function update(
  message: SpooledMessage,
  recipients: readonly Address[],
  change: (state: RecipientState) => RecipientState,
): RecipientState[] {
  const keys = new Set(recipients.map(addressKey));
  return message.recipients.map((state) => (keys.has(addressKey(state.address)) ? change(state) : state));
}

function deferralOf({ address, attempts, nextTryAt, reason }: RecipientState): Deferral {
  return { stage: 'deliver', recipients: [address], attempt: attempts, nextTryAt, reason: reason ?? '' };
}
