/**
 * Kept mail: messages that reach nobody, as files with their reason, until they are released, deleted or expire.
 * One item a message; it names the recipients that it was kept from. Several processes may use the folder at once.
 */
import type { Readable } from 'node:stream';
import type { Address, ReversePath } from '../mail/address.ts';
import type { AgencyId, Envelope, Recipient, Release } from '../mail/envelope.ts';
import type { MessageId } from '../mail/message-id.ts';
import type { QuarantineReason } from '../mail/outcome.ts';
import type { Part } from '../mail/parts.ts';
import type { Verdict } from '../mail/verdict.ts';

export interface Quarantine extends AsyncDisposable {
  /** Resolves when content and facts are synced. Keeping the same message again adds recipients and is harmless. */
  keep(item: NewItem, content: Readable): Promise<void>;
  /** All that is kept at this moment, last kept first, without reading it: what is listed, counted and chosen from. */
  entries(): Promise<readonly KeptEntry[]>;
  /** A moment up to which `entries` is complete from now on: what is kept later has a later time. */
  settled(): Promise<number>;
  get(id: MessageId): Promise<QuarantineItem | null>;
  /** The content, octet for octet; null: it is not kept. */
  read(id: MessageId): Promise<Readable | null>;
  /** What the content is made of; null: it is not kept. */
  contents(id: MessageId): Promise<KeptContents | null>;
  /** Takes these recipients out of the item, and deletes it with the last of them. False: it is not kept. */
  remove(id: MessageId, recipients: readonly Address[]): Promise<boolean>;
  /** Deletes what is past its time; resolves with what it was. */
  expire(): Promise<readonly QuarantineItem[]>;
}

/** What operators do with kept mail (`release.ts`). */
export interface Releases {
  /** To these of the recipients that it was kept from; null: to all of them. */
  release(id: MessageId, recipients: readonly string[] | null, release: Release): Promise<Released>;
  /** Deletes the item, whoever it was kept from. */
  purge(id: MessageId, by: string): Promise<Purged>;
}

/** `problem`: one line for people. `absent`: no such message is kept. */
export type Released =
  | { readonly kind: 'released'; readonly message: MessageId }
  | { readonly kind: 'refused' | 'absent'; readonly problem: string };

export type Purged =
  | { readonly kind: 'purged'; readonly item: QuarantineItem }
  | { readonly kind: 'absent'; readonly problem: string };

export interface NewItem {
  readonly envelope: Envelope;
  readonly recipients: readonly Address[];
  readonly reason: QuarantineReason;
  readonly verdict: Verdict | null;
  /** For operators: the scanner's words, or the reply that made it undeliverable. */
  readonly detail: string;
}

export interface QuarantineItem extends NewItem {
  readonly keptAt: number;
  readonly expiresAt: number;
  /** Recipients from whom it was kept after `keptAt`; absent: none. */
  readonly later?: readonly Later[];
  /** Absent: an older version kept it. */
  readonly head?: Head;
}

export interface Later {
  readonly address: Address;
  readonly keptAt: number;
}

/** Header fields for lists, decoded and cut, otherwise as a stranger wrote them; null: there is none. */
export interface Head {
  readonly from: string | null;
  readonly subject: string | null;
}

/** What is known of an item without reading it. */
export interface KeptEntry {
  readonly id: MessageId;
  readonly keptAt: number;
  readonly expiresAt: number;
  readonly reason: QuarantineReason;
  readonly sender: ReversePath;
  /** Of the login behind it; null: it came without one. */
  readonly senderAgency: AgencyId | null;
  /** Those that it is kept from. */
  readonly recipients: readonly KeptFrom[];
  /** A bounce or notice of our own making. */
  readonly isNotice: boolean;
}

export interface KeptFrom extends Pick<Recipient, 'address' | 'userId' | 'agencyId'> {
  readonly keptAt: number;
}

/** Decoded; cut where it is long; otherwise as a stranger wrote it. */
export interface KeptContents {
  /** The header of the message, in its order. */
  readonly fields: readonly { readonly name: string; readonly value: string }[];
  /** The tree, each part before those in it. */
  readonly parts: readonly KeptPart[];
  /** There is more than is shown. */
  readonly cut: boolean;
}

export interface KeptPart extends Pick<Part, 'path' | 'depth' | 'type' | 'names' | 'disposition'> {
  /** Decoded octets; null: it only holds other parts. */
  readonly sizeBytes: number | null;
}
