/** Which kept messages somebody asked for. Pure. */
import { fitsPattern, parsePattern } from '../mail/address-pattern.ts';
import type { AgencyId } from '../mail/envelope.ts';
import type { QuarantineReason } from '../mail/outcome.ts';
import type { KeptEntry } from '../quarantine/quarantine.ts';

/** Absent: any. What is given must all hold. */
export interface KeptFilter {
  /** Of the sender's login, or of a recipient from whom it is kept. */
  readonly agencyId?: AgencyId;
  readonly reason?: QuarantineReason;
  /** A whole address in any case, "@moh.example", or "<>". */
  readonly sender?: string;
  readonly recipient?: string;
  /** Kept at this moment or later, and before that one; null: whenever. */
  readonly since: number | null;
  readonly until: number | null;
}

export function createKeptFilter({ agencyId, reason, since, until, ...given }: KeptFilter) {
  const sender = given.sender === undefined ? null : parsePattern(given.sender);
  const recipient = given.recipient === undefined ? null : parsePattern(given.recipient);
  return (entry: KeptEntry): boolean =>
    (reason === undefined || entry.reason === reason) &&
    (since === null || entry.keptAt >= since) &&
    (until === null || entry.keptAt < until) &&
    (sender === null || fitsPattern(sender, entry.sender)) &&
    (recipient === null || entry.recipients.some(({ address }) => fitsPattern(recipient, address))) &&
    (agencyId === undefined || isOf(agencyId, entry));
}

function isOf(agencyId: AgencyId, { senderAgency, recipients }: KeptEntry): boolean {
  return senderAgency === agencyId || recipients.some((recipient) => recipient.agencyId === agencyId);
}
