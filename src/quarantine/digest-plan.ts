/** Who is to be told of what. Pure; memory by the number of mailboxes and not of what was kept from them. */
import type { Address } from '../mail/address.ts';
import type { UserId } from '../mail/envelope.ts';
import type { MessageId } from '../mail/message-id.ts';
import type { DigestState } from './digest-state.ts';
import type { KeptEntry } from './quarantine.ts';

/** Of one mailbox, by whatever addresses it was written to. */
export interface PlannedDigest {
  readonly userId: UserId;
  /** One of those addresses. */
  readonly address: Address;
  /** Last kept first. */
  readonly items: readonly MessageId[];
  /** More than are listed. */
  readonly more: number;
  /** Counted only. */
  readonly viruses: number;
}

export const MAX_LINES = 100;

/** Of an open round: those who are still to be told; else those who are owed. By user id. */
export function planDigests(entries: readonly KeptEntry[], state: DigestState): PlannedDigest[] {
  const { open, toldUntil } = state;
  const owed = new Map(state.owed.map(({ userId, since }) => [userId, since]));
  const until = open?.until ?? toldUntil;
  const sinceOf = (userId: UserId): number => {
    if (open === null) return owed.get(userId) ?? Number.POSITIVE_INFINITY;
    if (open.after !== null && userId <= open.after) return Number.POSITIVE_INFINITY;
    return owed.get(userId) ?? toldUntil;
  };
  const plans = new Map<UserId, Changing>();
  for (const entry of entries) {
    // A notice that could not be delivered, such as a digest, makes no other.
    if (entry.isNotice) continue;
    for (const { userId, address, keptAt } of entry.recipients) {
      if (keptAt > until || keptAt <= sinceOf(userId)) continue;
      const plan = plans.get(userId) ?? { userId, address, items: [], more: 0, viruses: 0 };
      plans.set(userId, plan);
      count(plan, entry);
    }
  }
  return [...plans.values()].sort((a, b) => (a.userId < b.userId ? -1 : 1));
}

type Changing = { -readonly [K in keyof PlannedDigest]: PlannedDigest[K] } & {
  items: MessageId[];
  last?: MessageId;
};

function count(plan: Changing, { id, reason }: KeptEntry): void {
  // Once, if it was for several addresses of one mailbox.
  if (plan.last === id) return;
  plan.last = id;
  if (reason === 'virus') plan.viruses++;
  else if (plan.items.length < MAX_LINES) plan.items.push(id);
  else plan.more++;
}
