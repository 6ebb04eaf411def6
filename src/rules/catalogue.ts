/**
 * The reasons, one by one: rule and clause, what the sender is answered, what officers and operators read, what is done by
 * default. `docs/policy.md` shows all of it (`test/checks/policy.ts`). The texts are in `reason-texts.ts`.
 */
import { type Found, REASONS, type Reason } from '../mail/finding.ts';
import { printable, type Reply, reply } from '../mail/reply.ts';
import type { Modes } from './content-policy.ts';
import { REASON_TEXTS, type ReasonText } from './reason-texts.ts';

/** In the order of their weight, heaviest first. */
export const REASON_CATALOGUE: Readonly<Record<Reason, ReasonText>> = REASON_TEXTS;

const WEIGHTS: ReadonlyMap<string, number> = new Map(
  Object.keys(REASON_CATALOGUE).map((reason, place) => [reason, place]),
);

/** A member for each reason, in the order of `REASONS`. */
export function byReason<T>(make: (reason: Reason) => T): Record<Reason, T> {
  return Object.fromEntries(REASONS.map((reason) => [reason, make(reason)])) as Record<Reason, T>;
}

export const DEFAULT_MODES: Modes = byReason((reason) => REASON_CATALOGUE[reason].modes);

/** Smaller is heavier. */
export function weightOf(reason: Reason): number {
  return WEIGHTS.get(reason) ?? WEIGHTS.size;
}

/** What the sender gets in SMTP and in a bounce. */
export function replyOf({ reason, detail }: Found): Reply {
  const { code, enhanced, toSender } = REASON_CATALOGUE[reason];
  const [malay, english] = toSender(cut(printable(detail)));
  return reply(code, enhanced, malay, english);
}

/** A reply holds as much of a message's content, and no more. */
function cut(detail: string): string {
  return detail.length > 100 ? `${detail.slice(0, 97)}...` : detail;
}
