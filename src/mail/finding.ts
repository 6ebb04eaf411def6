/**
 * What the content rules say of a message. A detector reports what it saw (`Found`); `rules/evaluate.ts` decides what is
 * done about it (`Finding`). The catalogue of reasons, with clause, reply and texts, is `rules/catalogue.ts`.
 */

/** One a reason; the names stand in the delivery log, in settings and in `docs/policy.md`. */
export const REASONS = [
  /** The attachments together are larger than allowed. */
  'attachment-size',
  /** A link to external storage. */
  'external-storage',
  /** A link behind a general shortener: where it leads cannot be seen. */
  'short-link',
  /** A structure that two readers may read in two ways. */
  'structure',
  /** More parts, levels or lines than a reader need accept. */
  'too-complex',
  /** A program or script, by its name or by what it is. */
  'dangerous-attachment',
  /** An archive or document under a password: nobody can look into it. */
  'encrypted-archive',
  /** An archive or document that cannot be opened in its bounds, or of a kind that is not opened. */
  'unopened-archive',
  /** Sealed for its reader (S/MIME, PGP): not looked into. */
  'sealed',
  'virus',
  /** The virus scanner could not look into it. */
  'unscannable',
  'spam',
  'junk',
] as const;
export type Reason = (typeof REASONS)[number];

export interface Found {
  readonly reason: Reason;
  /**
   * One printable line, at most 300 characters, for the sender and the log: the defanged link, the name of the file, the
   * fault of the structure. Never content of the message beyond that.
   */
  readonly detail: string;
  /** The part's number as IMAP numbers it (RFC 9051 §6.4.5), with what is inside it behind `!`: "2!letter.docx"; null: the message. */
  readonly part: string | null;
}

/** Weakest first. observe: only the log tells. tag: the reader's program can tell (`X-Geganti-Policy`). */
export const ACTIONS = ['observe', 'tag', 'junk', 'quarantine', 'refuse'] as const;
export type Action = (typeof ACTIONS)[number];

export interface Finding extends Found {
  readonly action: Action;
}

/** in: from outside. out: from a login to somebody outside. within: from a login to ours alone. */
export const DIRECTIONS = ['in', 'out', 'within'] as const;
export type Direction = (typeof DIRECTIONS)[number];
