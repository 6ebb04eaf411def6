/**
 * The spool: every accepted message until each of its recipients has a final outcome. It is the truth; Redis
 * and the delivery log are made from it. STATES.md beside this file says what may lie on the disk and what a
 * crash leaves; this file is all that the stages see of it.
 */
import type { Readable } from 'node:stream';
import type { Address } from '../mail/address.ts';
import type { Envelope } from '../mail/envelope.ts';
import type { MessageId } from '../mail/message-id.ts';
import type { FinalOutcome } from '../mail/outcome.ts';
import type { Verdict } from '../mail/verdict.ts';

export interface Spool extends AsyncDisposable {
  /** Takes the content of one message while it comes in. */
  begin(id: MessageId): Incoming;

  /** The message, unless it never was here or is finished. */
  get(id: MessageId): SpooledMessage | undefined;
  /** All unfinished messages, oldest first. */
  list(): Iterable<SpooledMessage>;
  /** Octets exactly as they were written. Rejects when the record does not check out (it is parked then). */
  read(id: MessageId): Promise<Readable>;

  /**
   * The four below are seen by `get` and `list` at once. Their promise resolves when the change outlives this process
   * (`kill -9` cannot take it back; power loss may, which repeats work); it does not reject when the disk refuses,
   * which is logged. On a message that is not here (finished meanwhile) they do nothing.
   */

  /** Nobody gets the message: its client is answered 5xx, after this has resolved. Finishes it. */
  refuse(id: MessageId): Promise<void>;
  /** What the scanners said; survives a restart, so that a retry does not scan again. */
  setVerdict(id: MessageId, verdict: Verdict): Promise<void>;
  /** The stage of the whole message, or these recipients, wait until `nextTryAt`; called before the risk is taken. */
  defer(id: MessageId, what: Deferral): Promise<void>;
  /** The final outcome of one recipient. When it was the last one the message is finished and leaves. */
  settle(id: MessageId, recipient: Address, outcome: FinalOutcome): Promise<void>;

  readonly status: SpoolStatus;
}

/**
 * One message on its way in. `write` hands over octets (which the caller must not change afterwards); its promise, if
 * any, asks the caller to wait. Exactly one of `commit` and `abort` ends it; both are safe to call once more.
 */
export interface Incoming {
  write(chunk: Buffer): Promise<void> | undefined;
  /** Resolves when content and envelope are synced: only then may anything answer `250`. */
  commit(envelope: Envelope): Promise<CommitResult>;
  /** Leaves nothing behind. */
  abort(): Promise<void>;
}

/** full: no space, quota or inodes (`452 4.3.1`). failed: the disk failed, see the log (`451 4.3.0`). */
export type CommitResult =
  | { readonly kind: 'stored' }
  | { readonly kind: 'full' }
  | { readonly kind: 'failed' };

export interface Deferral {
  readonly stage: 'scan' | 'deliver';
  readonly recipients: readonly Address[];
  /** Counted from 1. */
  readonly attempt: number;
  readonly nextTryAt: number;
  /** Why, for operators: a reply or a scanner's failure; at most 500 characters. */
  readonly reason: string;
}

export interface SpooledMessage {
  readonly envelope: Envelope;
  readonly verdict: Verdict | null;
  /** In the order of the envelope. */
  readonly recipients: readonly RecipientState[];
  /** Failed attempts to have the message scanned, and when the next one is due; 0: at once. */
  readonly scan: { readonly attempts: number; readonly nextTryAt: number; readonly reason: string | null };
}

export interface RecipientState {
  readonly address: Address;
  /** Null: still to be delivered. */
  readonly outcome: FinalOutcome | null;
  readonly attempts: number;
  /** 0: at once. */
  readonly nextTryAt: number;
  readonly reason: string | null;
}

export interface SpoolStatus {
  /** Unfinished messages. */
  readonly messages: number;
  readonly segments: number;
  /** Records and files that did not check out and were moved aside. */
  readonly parked: number;
  /** Free space of the file system in percent; below `minFreePercent` of the settings new mail is refused. */
  readonly freePercent: number;
  readonly full: boolean;
}
