/** Gathers the header of one part after another, up to its empty line or to a limit; the memory for it is used again. */
import type { WalkLimits } from './part.ts';

export interface HeaderCollector {
  /** Forgets the last one. */
  begin(): void;
  /** How many octets belong to the header; fewer than given, or all and `complete`: its empty line is among them. */
  take(piece: Buffer): number;
  readonly complete: boolean;
  readonly tooLong: boolean;
  readonly tooManyLines: boolean;
  /** What there is of it, octets as Latin-1. */
  text(): string;
}

const LF = 0x0a;
const CR = 0x0d;
const FIRST_BYTES = 2_048;
const NOTHING = Buffer.alloc(0);

export function createHeaderCollector(limits: WalkLimits): HeaderCollector {
  let store = NOTHING;
  let bytes = 0;
  let total = 0;
  let lines = 0;
  let complete = false;
  /** Nothing but CR in the present line so far. */
  let empty = true;

  const keep = (piece: Buffer): void => {
    total += piece.length;
    const kept = piece.subarray(0, limits.headerBytes - bytes);
    if (bytes + kept.length > store.length) {
      const larger = Math.max(2 * store.length, bytes + kept.length, FIRST_BYTES);
      const next = Buffer.allocUnsafe(Math.min(larger, limits.headerBytes));
      next.set(store.subarray(0, bytes));
      store = next;
    }
    store.set(kept, bytes);
    bytes += kept.length;
  };

  return {
    begin() {
      bytes = 0;
      total = 0;
      lines = 0;
      complete = false;
      empty = true;
    },
    take(piece) {
      let at = 0;
      while (!complete && at < piece.length) {
        const lf = piece.indexOf(LF, at);
        const end = lf < 0 ? piece.length : lf;
        for (let i = at; empty && i < end; i++) empty = piece[i] === CR;
        at = lf < 0 ? end : lf + 1;
        if (lf < 0) continue;
        if (empty) complete = true;
        else lines++;
        empty = true;
      }
      keep(piece.subarray(0, at));
      return at;
    },
    get complete() {
      return complete;
    },
    get tooLong() {
      return total > limits.headerBytes;
    },
    get tooManyLines() {
      return lines > limits.headerLines;
    },
    text: () => store.toString('latin1', 0, bytes),
  };
}
