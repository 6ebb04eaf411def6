/**
 * "The administrators of this domain" as a recipient of a notice of ours. Who makes the notice has no directory: the
 * receiver finds out who they are when it enters (`link/enter.ts`). No such recipient is ever in the spool.
 */
import { type Address, domainOf, parseAddress } from './address.ts';
import type { AgencyId, Recipient, UserId } from './envelope.ts';

/** No user has it. */
const UNRESOLVED = '' as UserId;

/** `one`: of those whom they administer. Null: its domain is too long for another address. */
export function administratorsOf(one: {
  readonly address: Address;
  readonly agencyId: AgencyId;
}): Recipient | null {
  const address = parseAddress(`postmaster@${domainOf(one.address)}`);
  return address && { address, agencyId: one.agencyId, userId: UNRESOLVED };
}

export function isUnresolved({ userId }: Recipient): boolean {
  return userId === UNRESOLVED;
}
