/**
 * What the content rules are to do: from the settings (`policy`) and the list of storage hosts, as plain values that another
 * process can be given.
 */
import type { Action, Direction, Reason } from '../mail/finding.ts';

/** null: the reason is not looked for in that direction. */
export type Modes = Readonly<Record<Reason, Readonly<Record<Direction, Action | null>>>>;

export interface ContentPolicy {
  readonly modes: Modes;
  /** Octets; exactly so many pass. */
  readonly attachmentBytes: number;
  /** File name endings without the dot, lower case. */
  readonly dangerousNames: readonly string[];
  readonly storage: StorageList;
}

/** `config/external-storage.yaml`. */
export interface StorageList {
  readonly hosts: readonly StorageHost[];
  /** General shorteners: "bit.ly". */
  readonly shorteners: readonly string[];
  /** Links that an agency may use: by its code. */
  readonly allowed: Readonly<Record<string, readonly StorageHost[]>>;
}

export interface StorageHost {
  /** "dropbox.com": that host and all below it; "*-my.sharepoint.com": a star stands for letters of one label. */
  readonly host: string;
  /** Beginnings of the path that make it one, "/document"; empty: all. A star stands for letters without a slash: "/:*:/". */
  readonly paths: readonly string[];
  /** Beginnings that do not, "/forms". */
  readonly except: readonly string[];
  /** For people. */
  readonly comment: string;
}

/** Whose mail is judged. */
export interface Judged {
  readonly direction: Direction;
  /** Codes of the agencies whose allow-lists must all have a link that is to pass: the sender's, or all recipients'. */
  readonly agencies: readonly string[];
}
