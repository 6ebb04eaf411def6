/** All unfinished messages in memory, oldest first, each with its place on the disk. */
import type { MessageId } from '../mail/message-id.ts';
import type { Container } from './containers.ts';
import type { SpooledMessage } from './spool.ts';

export interface Place {
  readonly container: Container;
  /** Of the record in a segment; 0 in a file of its own. */
  readonly offset: number;
  readonly envelopeBytes: number;
  readonly bodyBytes: number;
  readonly bodyCrc: number;
}

/** `message` and `place` are replaced when they change; the entry itself stays the same. */
export interface IndexEntry {
  message: SpooledMessage;
  place: Place;
}

export type MessageIndex = Map<MessageId, IndexEntry>;
