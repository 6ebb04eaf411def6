/** What is counted and noted on the way through one message: the making of its `Structure`. */
import type { Ambiguity, Excess, Structure, WalkLimits } from './part.ts';

export interface Ledger {
  readonly totals: Totals;
  ambiguity(kind: Ambiguity, path: string): void;
  excess(kind: Excess, path: string): void;
  seal(type: string): void;
  /** False: there are more than the limit, and the walk looks at no further ones. */
  admitPart(path: string): boolean;
  /** The same limits, other totals, no ambiguities: for a second reading of octets that have been read. */
  fork(): Ledger;
  close(): Structure;
}

export interface Totals {
  attachments: number;
  attachmentBytes: number;
  /** Type and encoding of each part in order, for the comparison of two readings. */
  readonly shape: string[];
}

const MOST_SEALED = 20;

export function createLedger(limits: WalkLimits): Ledger {
  const ambiguities = new Map<Ambiguity, string>();
  const excesses = new Map<Excess, string>();
  const sealed = new Set<string>();
  let parts = 0;

  const excess = (kind: Excess, path: string): void => {
    if (!excesses.has(kind)) excesses.set(kind, path);
  };
  const withTotals = (totals: Totals, second: boolean): Ledger => ({
    totals,
    ambiguity(kind, path) {
      if (!second && !ambiguities.has(kind)) ambiguities.set(kind, path);
    },
    excess,
    seal(type) {
      if (sealed.size < MOST_SEALED) sealed.add(type);
    },
    admitPart(path) {
      if (parts < limits.parts) {
        parts++;
        return true;
      }
      excess('parts', path);
      return false;
    },
    fork: () => withTotals(emptyTotals(), true),
    close: () => ({
      parts,
      attachments: totals.attachments,
      attachmentBytes: totals.attachmentBytes,
      ambiguities: Array.from(ambiguities, ([kind, path]) => ({ kind, path })),
      excesses: Array.from(excesses, ([kind, path]) => ({ kind, path })),
      sealed: [...sealed],
    }),
  });
  return withTotals(emptyTotals(), false);
}

function emptyTotals(): Totals {
  return { attachments: 0, attachmentBytes: 0, shape: [] };
}
