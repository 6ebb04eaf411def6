/** What the box's processes and their owner tell each other. Everything here is copied between the two. */
import type { Found } from '../../mail/finding.ts';
import type { ContentPolicy, Judged } from '../../rules/content-policy.ts';

export type ToBox =
  /** The next message; then its octets in chunks, then `end`. */
  | { readonly kind: 'begin'; readonly policy: ContentPolicy; readonly judged: Judged }
  | { readonly kind: 'chunk'; readonly octets: Buffer }
  | { readonly kind: 'end' };

export type FromBox =
  /** Loaded; said once. */
  | { readonly kind: 'ready' }
  /** So many octets were read, and room is for others. */
  | { readonly kind: 'taken'; readonly bytes: number }
  | { readonly kind: 'found'; readonly found: Found }
  /** What is opened next, for what is said when it does not end. */
  | { readonly kind: 'opening'; readonly name: string; readonly part: string }
  /** The message is judged. `fault`: a mistake of ours kept it from being looked into to its end; null: none. */
  | { readonly kind: 'done'; readonly fault: string | null };
