/** Which kept messages somebody asked for. Pure. */
import { fitsPattern, parsePattern } from '../mail/address-pattern.ts';
import type { AgencyId } from '../mail/envelope.ts';
import type { QuarantineReason } from '../mail/outcome.ts';
import type { QuarantineItem } from '../quarantine/quarantine.ts';

/** Absent: any. What is given must all hold. */
export interface KeptFilter {
  /** Of the sender's login, or of a recipient from whom it is kept. */
  readonly agencyId?: AgencyId;
  readonly reason?: QuarantineReason;
  /** A whole address in any case, "@moh.example", or "<>". */
  readonly sender?: string;
  readonly recipient?: string;
}

export function createKeptFilter({ agencyId, reason, ...given }: KeptFilter) {
  const sender = given.sender === undefined ? null : parsePattern(given.sender);
  const recipient = given.recipient === undefined ? null : parsePattern(given.recipient);
  return (item: QuarantineItem): boolean =>
    (reason === undefined || item.reason === reason) &&
    (sender === null || fitsPattern(sender, item.envelope.sender)) &&
    (recipient === null || item.recipients.some((address) => fitsPattern(recipient, address))) &&
    (agencyId === undefined || isOf(agencyId, item));
}

function isOf(agencyId: AgencyId, { envelope, recipients }: QuarantineItem): boolean {
  const kept = envelope.recipients.filter(({ address }) => recipients.includes(address));
  return envelope.login?.agencyId === agencyId || kept.some((recipient) => recipient.agencyId === agencyId);
}
