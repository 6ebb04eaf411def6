/** From an item to what is known of it without reading it. Pure. */
import { addressKey } from '../mail/address.ts';
import type { KeptEntry, KeptFrom, QuarantineItem } from './quarantine.ts';

export function entryOf(item: QuarantineItem): KeptEntry {
  const { id, door, sender, login, release } = item.envelope;
  return {
    id,
    keptAt: item.keptAt,
    expiresAt: item.expiresAt,
    reason: item.reason,
    sender,
    senderAgency: login?.agencyId ?? null,
    recipients: keptFrom(item),
    isNotice: door === 'internal' && sender === null && release === undefined,
  };
}

/** Last kept first; an order that does not change while nothing else does. */
export function lastKeptFirst(a: KeptEntry, b: KeptEntry): number {
  return b.keptAt - a.keptAt || (a.id < b.id ? 1 : -1);
}

function keptFrom({ envelope, recipients, keptAt, later = [] }: QuarantineItem): KeptFrom[] {
  const keys = new Set(recipients.map(addressKey));
  const times = new Map(later.map((one) => [addressKey(one.address), one.keptAt]));
  return envelope.recipients
    .filter(({ address }) => keys.has(addressKey(address)))
    .map(({ address, userId, agencyId }) => ({
      address,
      userId,
      agencyId,
      keptAt: times.get(addressKey(address)) ?? keptAt,
    }));
}
