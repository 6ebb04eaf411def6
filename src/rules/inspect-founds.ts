/** Facts as they come up, each once, so many and no more: what a message may make us remember has a bound. */
import type { Found } from '../mail/finding.ts';

/** Of one reason, so that none crowds out another: with the reasons that the inspector knows, less than 50 together. */
const MAX_OF_REASON = 7;

export interface Founds {
  add(found: Found | null): void;
  addAll(found: Iterable<Found>): void;
  readonly list: readonly Found[];
}

/** Facts alike but for their part are one, at the first of these: the two texts of a mail say the same. */
export function createFounds(): Founds {
  const byFact = new Map<string, Found>();
  const counts = new Map<Found['reason'], number>();
  const add = (found: Found | null): void => {
    if (!found) return;
    const fact = `${found.reason} ${found.detail}`;
    if (byFact.has(fact)) return;
    const count = counts.get(found.reason) ?? 0;
    if (count >= MAX_OF_REASON) return;
    counts.set(found.reason, count + 1);
    byFact.set(fact, found);
  };
  return {
    add,
    addAll(founds) {
      for (const found of founds) add(found);
    },
    get list() {
      return [...byFact.values()];
    },
  };
}

/** The message itself has no number. */
export function partOf(path: string): string | null {
  return path === '' ? null : path;
}
