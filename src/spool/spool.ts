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
  /**
   * Nobody works on a held message until it is let go. Unlike the notes above, this one is synced when its promise
   * resolves, and rejects when that failed: an operator relies on it.
   */
  hold(id: MessageId, held: boolean): Promise<void>;

  /** Where the content lies, for another process of this machine; undefined: it is not here. A move may change it. */
  place(id: MessageId): ContentPlace | undefined;
  /** Another process found that the content does not check out: looked at again, and parked if that is so. */
  checkContent(id: MessageId): Promise<void>;

  readonly status: SpoolStatus;
}

/** The octets of a message's content in a file. */
export interface ContentPlace {
  readonly path: string;
  readonly offset: number;
  readonly bytes: number;
  /** CRC-32 of the content. */
  readonly crc: number;
}

/**
 * Brings in a message that was made here and not received (a bounce, a release): spooled and synced when it resolves
 * with `stored`; its `accepted` event is recorded and the queue knows of it by then. Ends the content in every case.
 */
export type Enter = (envelope: Envelope, content: Readable) => Promise<CommitResult>;

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
  /** An operator holds it: nobody works on it. */
  readonly held: boolean;
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

/** Those who do not have it yet. */
export function waitingIn({ recipients }: Pick<SpooledMessage, 'recipients'>): readonly RecipientState[] {
  return recipients.filter((recipient) => recipient.outcome === null);
}

/** When the next step on it is due: until it has a verdict the scan, then the first recipient's. 0: at once. */
export function dueAt(message: SpooledMessage): number {
  if (message.verdict === null) return message.scan.nextTryAt;
  return Math.min(...waitingIn(message).map((recipient) => recipient.nextTryAt));
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
