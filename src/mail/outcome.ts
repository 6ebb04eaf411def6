/** What became of one recipient: of one attempt (`AttemptOutcome`), and in the end (`FinalOutcome`). */
import { REASONS } from './finding.ts';
import type { MessageId } from './message-id.ts';
import type { Reply } from './reply.ts';

export type AttemptOutcome =
  | { readonly kind: 'delivered'; readonly reply: Reply }
  /** To be tried again. `maybeDuplicate`: the connection was lost after the final dot. */
  | { readonly kind: 'deferred'; readonly reply: Reply; readonly maybeDuplicate: boolean }
  | { readonly kind: 'failed'; readonly reply: Reply };

/** Every recipient of an accepted message ends in exactly one of these (promise P2). */
export type FinalOutcome =
  | { readonly kind: 'delivered'; readonly folder: 'INBOX' | 'Junk'; readonly reply: string }
  | { readonly kind: 'bounced'; readonly reply: string; readonly bounce: MessageId }
  | { readonly kind: 'quarantined'; readonly reason: QuarantineReason }
  | { readonly kind: 'discarded'; readonly rule: DiscardRule; readonly reply: string };

/** What was found in it, or undeliverable: kept because nobody may be told (no backscatter). */
export const QUARANTINE_REASONS = [...REASONS, 'undeliverable'] as const;
export type QuarantineReason = (typeof QUARANTINE_REASONS)[number];

/**
 * no-backscatter: mail from outside that cannot be delivered. operator: dropped from the queue by hand. bench: the
 * server only measures accepting.
 */
export const DISCARD_RULES = ['no-backscatter', 'operator', 'bench'] as const;
export type DiscardRule = (typeof DISCARD_RULES)[number];

/** Older records say "infected"; every other word is as it was. */
export function currentReason(word: string): string {
  return word === 'infected' ? 'virus' : word;
}
