/**
 * What the openers of the different kinds of file share: what they are given, and how they say that a file cannot be
 * opened. An opener reads one file and hands what is inside to the box, which judges it and opens it in its turn.
 */
import type { Found } from '../../mail/finding.ts';
import type { LinkFinder, TextKind } from '../../rules/links/finder.ts';
import type { Budget } from './budget.ts';

/** A file that is looked into: an attachment, or what is inside of one. */
export interface Opened {
  /** All that readers may show, the likeliest first; none: it has no name. */
  readonly names: readonly string[];
  /** As declared, lower case; "": nothing is. */
  readonly type: string;
  /** "2!letter.docx" */
  readonly part: string;
  /** Files that had to be opened to get at it. */
  readonly depth: number;
}

/** What lies in an opened file. */
export interface Entry {
  readonly names: readonly string[];
  readonly type?: string;
}

export type Octets = Iterable<Buffer> | AsyncIterable<Buffer>;

export interface Box {
  readonly budget: Budget;
  /** What was found; null: nothing. */
  report(found: Found | null): void;
  /** A URL that stands alone. */
  link(url: string, part: string): void;
  /** For text; its findings are reported by `end`. */
  finder(kind: TextKind, part: string): LinkFinder;
  /** Judges what is inside of `parent` by its names and its octets, and opens it. Reads no more of it than it needs. */
  enter(parent: Opened, entry: Entry, octets: Octets): Promise<void>;
  /** Judges a name alone, where the octets cannot be had. */
  name(parent: Opened, name: string): void;
  /** A message in the message, with its parts. */
  message(octets: Buffer, file: Opened): Promise<void>;
}

export type Opener = (octets: Buffer, file: Opened, box: Box) => Promise<void>;

/** A file that cannot be looked into, and what to say of it. All else that an opener throws is a fault of ours. */
export class CannotOpen extends Error {
  override name = 'CannotOpen';
  readonly reason: 'unopened-archive' | 'encrypted-archive';

  constructor(why: string, reason: 'unopened-archive' | 'encrypted-archive' = 'unopened-archive') {
    super(why);
    this.reason = reason;
  }
}
