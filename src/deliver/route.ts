/** Step 1 of a delivery: which recipients are due, and which mailbox and folder each of them means. Pure. */
import { type Address, withDetail } from '../mail/address.ts';
import { destinationOf, type Folder } from '../mail/destination.ts';
import type { Envelope } from '../mail/envelope.ts';
import type { FinalOutcome } from '../mail/outcome.ts';
import type { Verdict } from '../mail/verdict.ts';

export interface Due {
  readonly recipient: Address;
  /** What LMTP is told: Dovecot files by `+detail`. */
  readonly mailbox: Address;
  readonly folder: Folder;
  /** The number of this attempt, from 1. */
  readonly attempt: number;
}

export type Route =
  /** Not scanned, or with a verdict that must not be delivered: the scan job's business (promise P3). */
  | { readonly kind: 'scan' }
  /** Nobody is due before `at`. */
  | { readonly kind: 'wait'; readonly at: number }
  | { readonly kind: 'deliver'; readonly due: readonly Due[] };

interface Waiting {
  readonly address: Address;
  readonly outcome: FinalOutcome | null;
  readonly attempts: number;
  readonly nextTryAt: number;
}

/** `recipients`: at least one without outcome. */
export function route(
  verdict: Verdict | null,
  envelope: Pick<Envelope, 'claimsOurDomain' | 'release' | 'login' | 'sender'>,
  recipients: readonly Waiting[],
  now: number,
): Route {
  const destination = verdict === null ? null : destinationOf(verdict, envelope);
  if (destination?.kind !== 'deliver') return { kind: 'scan' };
  const { folder } = destination;
  const waiting = recipients.filter((recipient) => recipient.outcome === null);
  const due = waiting.filter((recipient) => recipient.nextTryAt <= now);
  if (due.length === 0) return { kind: 'wait', at: Math.min(...waiting.map((r) => r.nextTryAt)) };
  return {
    kind: 'deliver',
    due: due.map(({ address, attempts }) => ({
      recipient: address,
      mailbox: folder === 'Junk' ? withDetail(address, 'Junk') : address,
      folder,
      attempt: attempts + 1,
    })),
  };
}
