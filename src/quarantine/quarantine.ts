/**
 * Kept mail: messages that reach nobody, as files with their reason, until they are released, deleted or expire.
 * One item a message; it names the recipients that it was kept from. Several processes may use the folder at once.
 */
import type { Readable } from 'node:stream';
import type { Address } from '../mail/address.ts';
import type { Envelope, Release } from '../mail/envelope.ts';
import type { MessageId } from '../mail/message-id.ts';
import type { QuarantineReason } from '../mail/outcome.ts';
import type { Verdict } from '../mail/verdict.ts';

export interface Quarantine extends AsyncDisposable {
  /** Resolves when content and facts are synced. Keeping the same message again adds recipients and is harmless. */
  keep(item: NewItem, content: Readable): Promise<void>;
  list(): Promise<QuarantineItem[]>;
  get(id: MessageId): Promise<QuarantineItem | null>;
  /** The content, octet for octet; null: it is not kept. */
  read(id: MessageId): Promise<Readable | null>;
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
}
