/**
 * The multiparts and messages around the place that is being read, and whether a line ends or begins a part of one of
 * them (RFC 2046 §5.1.1). A delimiter of an outer one closes all inside it.
 */
import type { Ambiguity, PartReader } from './part.ts';

export interface Level {
  /** Of the multipart, or of the message/rfc822. */
  readonly path: string;
  readonly depth: number;
  /** Without the two hyphens; empty for a message. */
  readonly boundaries: readonly Buffer[];
  readonly childType: 'text/plain' | 'message/rfc822';
  children: number;
  /** Its close delimiter was met. */
  closed: boolean;
  /** Gets all the octets inside it as they stand. */
  readonly tap: PartReader | null;
  /** The tap is a second reading of it. */
  readonly twice: boolean;
}

export interface Delimiter {
  /** Index of the level whose it is. */
  readonly level: number;
  readonly closing: boolean;
  /** Null: every reader sees this delimiter here. */
  readonly doubt: Ambiguity | null;
}

interface Match {
  readonly level: number;
  readonly closing: boolean;
  readonly exact: boolean;
  readonly length: number;
}

export interface Levels {
  readonly list: readonly Level[];
  /** Those of the list that have one; a new array after each change. */
  readonly taps: readonly PartReader[];
  /** Some level has a boundary: lines matter. */
  readonly delimited: boolean;
  push(level: Level): void;
  pop(): Level | undefined;
  /** Whether the line from `from` to `to`, which begins with "--", is one; with or without its line end. */
  match(octets: Buffer, from: number, to: number): Delimiter | null;
}

export function createLevels(): Levels {
  const list: Level[] = [];
  let taps: readonly PartReader[] = [];
  /** All boundaries by their length, so that a line costs the same however many levels there are. */
  let known = new Map<number, Set<string>>();

  const changed = (): void => {
    known = new Map();
    for (const boundary of list.flatMap(({ boundaries }) => boundaries)) {
      const { length } = boundary;
      known.set(length, (known.get(length) ?? new Set()).add(boundary.toString('latin1')));
    }
    taps = list.flatMap(({ tap }) => tap ?? []);
  };
  const mayMatch = (octets: Buffer, from: number, to: number): boolean => {
    for (const [length, boundaries] of known) {
      if (from + length <= to && boundaries.has(octets.toString('latin1', from, from + length))) return true;
    }
    return false;
  };

  return {
    list,
    get taps() {
      return taps;
    },
    get delimited() {
      return known.size > 0;
    },
    push(level) {
      list.push(level);
      changed();
    },
    pop() {
      const level = list.pop();
      changed();
      return level;
    },
    match(octets, from, to) {
      return mayMatch(octets, from + 2, to) ? matchDelimiter(octets.subarray(from, to), list) : null;
    },
  };
}

function matchDelimiter(line: Buffer, list: readonly Level[]): Delimiter | null {
  let best: Match | null = null;
  let levels = 0;
  for (let level = list.length - 1; level >= 0; level--) {
    let matched = false;
    for (const boundary of list[level]?.boundaries ?? []) {
      const match = compare(line, boundary, level);
      if (!match) continue;
      matched = true;
      if (!best || isBetter(match, best)) best = match;
    }
    if (matched) levels++;
  }
  if (!best) return null;
  // Readers that compare whole lines and readers that compare beginnings (which the RFC asks for) differ.
  const doubt = levels > 1 ? 'nested-boundary' : best.exact ? null : 'bad-boundary';
  return { level: best.level, closing: best.closing, doubt };
}

function compare(line: Buffer, boundary: Buffer, level: number): Match | null {
  const { length } = boundary;
  if (line.length < length + 2) return null;
  for (let i = 0; i < length; i++) if (line[i + 2] !== boundary[i]) return null;
  let end = line.length;
  while (end > length + 2 && isWhite(line[end - 1])) end--;
  const closing = end >= length + 4 && line[length + 2] === 0x2d && line[length + 3] === 0x2d;
  return { level, closing, exact: end === length + (closing ? 4 : 2), length };
}

function isBetter(one: Match, other: Match): boolean {
  return one.exact === other.exact ? one.length > other.length : one.exact;
}

/** Transport padding, and the line end. */
function isWhite(octet: number | undefined): boolean {
  return octet === 0x20 || octet === 0x09 || octet === 0x0d || octet === 0x0a;
}
