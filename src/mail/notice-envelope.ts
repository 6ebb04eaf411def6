/** The envelope of a message that Geganti writes about another one. */
import { noticeMessageId } from './dsn.ts';
import type { Envelope, Recipient } from './envelope.ts';
import type { MessageId } from './message-id.ts';

/** With the null sender: nobody answers it, and nothing is written about it (RFC 5321 §4.5.5). */
export function noticeEnvelope(facts: {
  readonly id: MessageId;
  /** The message that it is about; null: about several. */
  readonly cause: Pick<Envelope, 'id'> | null;
  readonly recipients: readonly Recipient[];
  readonly hostname: string;
  readonly now: number;
  readonly sizeBytes: number;
}): Envelope {
  const { id, cause, recipients, hostname, now, sizeBytes } = facts;
  return {
    id,
    door: 'internal',
    receivedAt: now,
    sender: null,
    login: null,
    client: null,
    recipients,
    sizeBytes,
    messageIdHeader: noticeMessageId(id, hostname),
    parent: cause?.id ?? null,
    claimsOurDomain: false,
  };
}
