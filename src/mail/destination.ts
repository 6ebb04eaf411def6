/** Where a verdict sends a message that was accepted. Pure; every recipient fares alike so far. */
import type { Envelope, Release } from './envelope.ts';
import type { QuarantineReason } from './outcome.ts';
import type { Verdict } from './verdict.ts';

export type Folder = 'INBOX' | 'Junk';

export type Destination =
  | { readonly kind: 'deliver'; readonly folder: Folder }
  | { readonly kind: 'quarantine'; readonly reason: QuarantineReason };

/**
 * rspamd's names for a DMARC pass: only this ties a proof to the domain in From (RFC 7489 §3.1), R_DKIM_ALLOW is a
 * signature of anybody. The second takes the weight of the first when SPF or one of several signatures fails, as it
 * does for forwarded mail.
 */
const PROOFS: ReadonlySet<string> = new Set(['DMARC_POLICY_ALLOW', 'DMARC_POLICY_ALLOW_WITH_FAILURES']);

export function destinationOf(
  verdict: Verdict,
  { claimsOurDomain, release }: Pick<Envelope, 'claimsOurDomain' | 'release'>,
): Destination {
  if (release) return destinationOfReleased(verdict, release);
  switch (verdict.kind) {
    case 'clean':
      return { kind: 'deliver', folder: isUnproven(verdict, claimsOurDomain) ? 'Junk' : 'INBOX' };
    case 'junk':
      return { kind: 'deliver', folder: 'Junk' };
    // These two are refused at the door; here the verdict came after the sender had its `250`.
    case 'spam':
      return { kind: 'quarantine', reason: 'spam' };
    case 'infected':
      return { kind: 'quarantine', reason: 'infected' };
    case 'unscannable':
      return { kind: 'quarantine', reason: 'unscannable' };
  }
}

/** Somebody has judged it; a virus that is found now may not have been known then. */
function destinationOfReleased(verdict: Verdict, { force }: Release): Destination {
  return verdict.kind === 'infected' && !force
    ? { kind: 'quarantine', reason: 'infected' }
    : { kind: 'deliver', folder: 'INBOX' };
}

/** It claims to be from one of us, and for all that is known anybody may have written it. */
export function isUnproven(verdict: Verdict, claimsOurDomain: boolean): boolean {
  return claimsOurDomain && !verdict.symbols.some((symbol) => PROOFS.has(symbol));
}
