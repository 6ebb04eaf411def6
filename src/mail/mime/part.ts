/** What the walk over a message's MIME tree takes and gives: the words of `parts.ts`, for the files of this folder too. */

export type TransferEncoding =
  | '7bit'
  | '8bit'
  | 'binary'
  | 'base64'
  | 'quoted-printable'
  | 'uuencode'
  | 'unknown';

export interface Part {
  /**
   * As IMAP numbers it (RFC 9051 §6.4.5): "1", "2.1". What has no number there, but is text or a file for some reader:
   * "2.prologue", "2.epilogue" around the parts of a multipart ("prologue" around those of the message);
   * "2.header": lines of its header that some readers take for its body; "2.footer": text behind its base64;
   * "2.signed": what is in a signed and packed part (S/MIME); "2.uu1": a uuencoded or yEnc file in its text; "2.decoded.1": a part of a multipart that is encoded as a whole.
   */
  readonly path: string;
  /** 0: the message itself. */
  readonly depth: number;
  /** "text/html", lower case, without parameters; "text/plain" where none can be read (RFC 2045 §5.2). */
  readonly type: string;
  /** Every file name that some reader might show, decoded (RFC 2231, RFC 2047, raw), the likeliest first. */
  readonly names: readonly string[];
  readonly disposition: 'inline' | 'attachment' | null;
  readonly encoding: TransferEncoding;
  /** As given, lower case; null: none. */
  readonly charset: string | null;
  /** Whether it counts as an attachment (PTPA 3/2017 L1 §10(iv)): it has a name, says so, or is no text that a letter is made of. */
  readonly isAttachment: boolean;
}

export interface PartReader {
  /** Decoded octets; the buffer is the reader's only until it returns. */
  write(octets: Buffer): void;
  end(): void;
}

export interface WalkHandlers {
  /**
   * Called for each leaf as it begins, in order, and for an attached message that has a file name (its octets are then
   * read as a whole, too). Readers of several parts can be open at once. Null: the octets are only counted.
   */
  part(part: Part): PartReader | null;
  /**
   * Called once for each header field of a part and of the message (for links in the Subject): name in lower case, value
   * decoded, unfolded, at most 10,000 characters. Fields of the message have the path "", those of a message that is part 2
   * have "2".
   */
  field?(name: string, value: string, path: string): void;
}

/** Each says: one reader sees this, another sees that. */
export const AMBIGUITIES = [
  'repeated-field', // two Content-Type, Content-Transfer-Encoding, Content-Disposition …
  'repeated-parameter', // two boundaries, charsets, also by way of RFC 2231
  'bad-content-type', // cannot be read, and may be a container for somebody
  'bad-boundary', // empty, longer than 70, with characters that readers treat differently
  'nested-boundary', // the same as, or the beginning of, one around it
  'encoded-container', // multipart in base64 or quoted-printable (RFC 2045 §6.4)
  'unknown-encoding',
  'bad-base64', // octets behind the padding, or foreign characters that readers skip or stop at
  'partial', // message/partial
  'external-body', // message/external-body
  'hidden-header', // a header block that ends where readers disagree
  'charset', // one by which ASCII hides (UTF-7 and the like) or that shifts in the middle of markup
] as const;
export type Ambiguity = (typeof AMBIGUITIES)[number];

/** Bounds that were passed. */
export const EXCESSES = ['depth', 'parts', 'header-lines', 'header-size', 'parameters'] as const;
export type Excess = (typeof EXCESSES)[number];

export interface Structure {
  readonly parts: number;
  readonly attachments: number;
  /** Decoded octets of all attachments together (PTPA 3/2017 L1 §10(iv)), an attached message counted by its leaves, and whole if it has a name. */
  readonly attachmentBytes: number;
  /** Each once with the first place where it was met, at most 20. */
  readonly ambiguities: readonly { readonly kind: Ambiguity; readonly path: string }[];
  readonly excesses: readonly { readonly kind: Excess; readonly path: string }[];
  /** What is sealed and cannot be looked into: these types (`application/pkcs7-mime`, `multipart/encrypted` …). What is only signed can be. */
  readonly sealed: readonly string[];
}

export interface WalkLimits {
  readonly depth: number;
  readonly parts: number;
  readonly headerLines: number;
  readonly headerBytes: number;
}

export const WALK_LIMITS: WalkLimits = { depth: 50, parts: 1_000, headerLines: 1_000, headerBytes: 102_400 };

export interface Walk {
  /** Octets of the message, header first, in pieces of any size. */
  write(chunk: Buffer): void;
  /** After the last octet; a part that is still open ends here. */
  end(): Structure;
}
