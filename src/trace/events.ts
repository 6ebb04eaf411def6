/**
 * The catalogue of facts about messages: the delivery log. One kind a fact, one shape a kind; an event is
 * written once, as one JSON line. Texts are English and come from our catalogue or are a peer's reply made
 * printable; no content of a message and no secret is ever in an event.
 */
import type { Address, ReversePath } from '../mail/address.ts';
import type { AgencyId, Client, Door, Envelope, Login, Recipient } from '../mail/envelope.ts';
import type { Finding, Reason } from '../mail/finding.ts';
import type { MessageId } from '../mail/message-id.ts';
import type { DiscardRule, QuarantineReason } from '../mail/outcome.ts';
import type { Verdict } from '../mail/verdict.ts';

/** Who a recipient is, to the log. */
export type RecipientFacts = Pick<Recipient, 'address' | 'agencyId'>;

export type TraceEvent =
  /** A client was refused at the door. `id` null: before there was a message. */
  | {
      readonly kind: 'refused';
      readonly id: MessageId | null;
      readonly door: Door;
      readonly client: Client;
      readonly login: Address | null;
      readonly sender: ReversePath | undefined;
      /** Of a refused RCPT, as given, an address or not; null: it was another command. */
      readonly recipient: string | null;
      /** Whom the message was for that was refused after its content came; absent: it did not come so far. */
      readonly recipients?: readonly RecipientFacts[];
      readonly command: string;
      /** "550 5.1.1 …" as the client saw it, on one line. */
      readonly reply: string;
      /** What in its content was refused, heaviest first, and all that was found; absent: it was not for its content. */
      readonly reasons?: readonly Reason[];
      readonly findings?: readonly Finding[];
    }
  | {
      readonly kind: 'login-failed';
      readonly id: null;
      readonly door: Door;
      readonly client: Client;
      /** As the client gave it, made printable, at most 254 characters. */
      readonly name: string;
    }
  /** The client got its `250`, or the message was found in the spool after a crash. */
  | {
      readonly kind: 'accepted';
      readonly id: MessageId;
      readonly door: Door;
      readonly client: Client | null;
      readonly login: Login | null;
      readonly sender: ReversePath;
      readonly recipients: readonly RecipientFacts[];
      readonly sizeBytes: number;
      readonly messageIdHeader: string | null;
      readonly parent: MessageId | null;
      /** True: found in the spool at start. */
      readonly recovered: boolean;
    }
  | { readonly kind: 'scanned'; readonly id: MessageId; readonly verdict: Verdict; readonly tookMs: number }
  | {
      readonly kind: 'deferred';
      readonly id: MessageId;
      readonly stage: 'scan' | 'deliver';
      readonly recipients: readonly Address[];
      readonly attempt: number;
      readonly nextTryAt: number;
      readonly reason: string;
    }
  | {
      readonly kind: 'delivered';
      readonly id: MessageId;
      readonly recipient: Address;
      readonly folder: 'INBOX' | 'Junk';
      readonly reply: string;
      /** Since the message was accepted. */
      readonly afterMs: number;
    }
  | {
      readonly kind: 'bounced';
      readonly id: MessageId;
      readonly recipient: Address;
      readonly reply: string;
      /** The message that tells the sender. */
      readonly bounce: MessageId;
    }
  | {
      readonly kind: 'quarantined';
      readonly id: MessageId;
      readonly recipient: Address;
      readonly reason: QuarantineReason;
    }
  | {
      readonly kind: 'discarded';
      readonly id: MessageId;
      readonly recipient: Address;
      readonly rule: DiscardRule;
      readonly reply: string;
    }
  /** An operator changed how a waiting message goes on. A drop shows in its `discarded` events as well. */
  | {
      readonly kind: 'queue-act';
      readonly id: MessageId;
      readonly act: 'retry' | 'hold' | 'release' | 'drop';
      readonly by: string;
    }
  /** Kept mail was let go to these recipients, as the message `child`. */
  | {
      readonly kind: 'released';
      readonly id: MessageId;
      readonly recipients: readonly Address[];
      readonly child: MessageId;
      readonly by: string;
      /** Even with a virus; and what it was kept for. Absent in older lines. */
      readonly force?: boolean;
      readonly reason?: QuarantineReason;
    }
  /** Kept mail is gone for these recipients; `by` null: its time was over. */
  | {
      readonly kind: 'purged';
      readonly id: MessageId;
      readonly recipients: readonly Address[];
      readonly by: string | null;
    };

/** `recovered`: found in the spool at start. */
export function acceptedEvent(envelope: Envelope, recovered: boolean): TraceEvent {
  const { id, door, client, login, sender, sizeBytes, messageIdHeader, parent } = envelope;
  const recipients = recipientFacts(envelope.recipients);
  const facts = { id, door, client, login, sender, recipients, sizeBytes, messageIdHeader, parent };
  return { kind: 'accepted', ...facts, recovered };
}

export function recipientFacts(recipients: Iterable<Recipient>): RecipientFacts[] {
  return Array.from(recipients, ({ address, agencyId }) => ({ address, agencyId }));
}

/** Whom a refusal is about: nobody, the one that RCPT named, or all whom the message was for. */
export function refusedFor(
  refused: Extract<TraceEvent, { readonly kind: 'refused' }>,
): readonly { readonly address: string; readonly agencyId: AgencyId | null }[] {
  const { recipient, recipients } = refused;
  if (recipients) return recipients;
  return recipient === null ? [] : [{ address: recipient, agencyId: null }];
}

/** What was found in the content, as the event tells it, heaviest first; none: nothing, or the event is about something else. */
export function findingsOf(event: TraceEvent): readonly Finding[] {
  if (event.kind === 'scanned') return event.verdict.findings;
  return event.kind === 'refused' ? (event.findings ?? []) : [];
}

/** Each once. */
export function reasonsOf(event: TraceEvent): Reason[] {
  const told = event.kind === 'refused' ? (event.reasons ?? []) : [];
  return [...new Set([...told, ...findingsOf(event).map(({ reason }) => reason)])];
}

/** An event as it is kept. */
export type RecordedEvent = TraceEvent & {
  /** ISO 8601 in UTC with milliseconds. */
  readonly at: string;
  /** The fact's identity, `message/kind/recipient/number`: a line that repeats it says nothing new. */
  readonly event: string;
};

/** The writing side, one in each process. Reading is `DeliveryLog` (log.ts). */
export interface Trace extends AsyncDisposable {
  /** Never throws and never waits: a log that cannot be written must not stop mail (it is counted and reported). */
  record(event: TraceEvent): void;
  /**
   * Resolves when every event so far is with the kernel, or cannot be written now. Who settles a recipient waits for it:
   * a crash between the two would leave the recipient without its final event (promise P2).
   */
  flush(): Promise<void>;
  /** Events that could not be written since the start. */
  readonly lost: number;
}
