/** Where a verdict sends a message that was accepted. Pure; every recipient fares alike so far. */
import type { Envelope, Login, Release } from './envelope.ts';
import type { Finding } from './finding.ts';
import type { QuarantineReason } from './outcome.ts';
import { decisiveFinding, type Verdict } from './verdict.ts';

export type Folder = 'INBOX' | 'Junk';

export type Destination =
  | { readonly kind: 'deliver'; readonly folder: Folder }
  | { readonly kind: 'quarantine'; readonly reason: QuarantineReason }
  /** Refused after its client was answered: its sender, one of us, is told why. */
  | { readonly kind: 'bounce'; readonly finding: Finding; readonly to: Login };

/**
 * rspamd's names for a DMARC pass: only this ties a proof to the domain in From (RFC 7489 §3.1), R_DKIM_ALLOW is a
 * signature of anybody. The second takes the weight of the first when SPF or one of several signatures fails, as it
 * does for forwarded mail.
 */
const PROOFS: ReadonlySet<string> = new Set(['DMARC_POLICY_ALLOW', 'DMARC_POLICY_ALLOW_WITH_FAILURES']);

export function destinationOf(
  verdict: Verdict,
  envelope: Pick<Envelope, 'claimsOurDomain' | 'release' | 'login' | 'sender'>,
): Destination {
  if (envelope.release) return destinationOfReleased(verdict, envelope.release);
  switch (verdict.action) {
    case 'deliver':
      return { kind: 'deliver', folder: isUnproven(verdict, envelope.claimsOurDomain) ? 'Junk' : 'INBOX' };
    case 'junk':
      return { kind: 'deliver', folder: 'Junk' };
    case 'quarantine':
      return keep(verdict);
    // Refused at the door, had the verdict come before the answer.
    case 'refuse':
      return bounceOf(verdict, envelope) ?? keep(verdict);
    default:
      return verdict.action satisfies never;
  }
}

/**
 * Promise P5: only who logged in is told, never the null sender (RFC 5321 §4.5.5). Spam under a login of ours is most
 * likely the work of somebody who stole its password: no word goes to that mailbox.
 */
function bounceOf(
  verdict: Verdict,
  { login, sender }: Pick<Envelope, 'login' | 'sender'>,
): Destination | null {
  const finding = decisiveFinding(verdict);
  if (!login || sender === null || !finding || finding.reason === 'spam') return null;
  return { kind: 'bounce', finding, to: login };
}

function keep(verdict: Verdict): Destination {
  return { kind: 'quarantine', reason: decisiveFinding(verdict)?.reason ?? 'unscannable' };
}

/** Somebody has judged it; a virus that is found now may not have been known then. */
function destinationOfReleased(verdict: Verdict, { force }: Release): Destination {
  return verdict.kind === 'infected' && !force
    ? { kind: 'quarantine', reason: 'virus' }
    : { kind: 'deliver', folder: 'INBOX' };
}

/** It claims to be from one of us, and for all that is known anybody may have written it. */
export function isUnproven(verdict: Verdict, claimsOurDomain: boolean): boolean {
  return claimsOurDomain && !verdict.symbols.some((symbol) => PROOFS.has(symbol));
}
