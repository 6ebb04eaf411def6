/**
 * The envelope: what is known of a message apart from its content. Fixed when the message is accepted, and
 * written with it into the spool; what happens later to each recipient is the spool's journal, not the envelope.
 */
import type { Brand } from '../lib/brand.ts';
import type { Address, ReversePath } from './address.ts';
import type { Finding } from './finding.ts';
import type { MessageId } from './message-id.ts';

export type AgencyId = Brand<string, 'AgencyId'>;
export type UserId = Brand<string, 'UserId'>;

/** `internal`: made by Geganti itself (bounces, notices). */
export type Door = 'mx' | 'submission' | 'submissions' | 'internal';

/** The authenticated user behind a submission. */
export interface Login {
  readonly userId: UserId;
  readonly agencyId: AgencyId;
  readonly address: Address;
}

/** One recipient: the address as it was given, and the mailbox that it was found to be. */
export interface Recipient {
  /** As given in RCPT TO, the domain in A-labels, `+detail` kept where it was allowed. */
  readonly address: Address;
  /** The user whose mailbox it is. */
  readonly userId: UserId;
  readonly agencyId: AgencyId;
  /** The address that was given when it stands for several people ("postmaster@moh.example" for administrators). */
  readonly original?: Address;
}

/** The other end of the session in which the message came. */
export interface Client {
  /** IP address in normal form (IPv4-mapped IPv6 as IPv4). */
  readonly address: string;
  /** What it said in EHLO, cut and without control characters. */
  readonly helo: string;
  /** "TLSv1.3 TLS_AES_256_GCM_SHA384"; null: in clear. */
  readonly tls: string | null;
}

export interface Envelope {
  readonly id: MessageId;
  readonly door: Door;
  readonly receivedAt: number;
  readonly sender: ReversePath;
  /** Null: not authenticated. */
  readonly login: Login | null;
  /** Null: internal. */
  readonly client: Client | null;
  /** At least one; no two with the same `addressKey`. */
  readonly recipients: readonly Recipient[];
  /** Octets of the content as spooled, our own header lines included. */
  readonly sizeBytes: number;
  /** The Message-ID header, cut to 998 octets; null: none. */
  readonly messageIdHeader: string | null;
  /** The message that caused this one: the bounced message of a bounce. */
  readonly parent: MessageId | null;
  /**
   * It came without a login, and its From header names an address of one of our domains. Nothing but a DMARC pass then
   * proves that it is not forged (`isUnproven` in destination.ts).
   */
  readonly claimsOurDomain: boolean;
  /** What the door saw in the content; absent: nobody has looked (mail of our own making, an older spool). */
  readonly inspection?: DoorInspection;
  /** Let out of quarantine; absent: it never was there. */
  readonly release?: Release;
}

export interface DoorInspection {
  /** Nothing that is refused: such mail has no envelope. At most 30. */
  readonly findings: readonly Finding[];
  /** There are parts that only a worker opens. */
  readonly unopened: boolean;
  /** For the worker, which has no directory: codes of the agencies whose allow-lists must all have a link (`Judged`). */
  readonly agencies: readonly string[];
}

/** An operator looked at a kept message and let it go: spam and what cannot be looked into then pass, a virus does not. */
export interface Release {
  readonly by: string;
  /** A virus passes, too. */
  readonly force: boolean;
}
