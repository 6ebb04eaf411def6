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
  /** When something was noted of it the last time, on the monotonic clock. */
  notedAtMs: number;
  /** Settled when it has its new place, or keeps the old one; null: it is not being moved. */
  moving: Promise<void> | null;
}

export type MessageIndex = Map<MessageId, IndexEntry>;

/** It has entered its container before. */
export function addToIndex(
  index: MessageIndex,
  message: SpooledMessage,
  place: Place,
  nowMs: number,
): IndexEntry {
  const { id } = message.envelope;
  const entry: IndexEntry = { message, place, notedAtMs: nowMs, moving: null };
  index.set(id, entry);
  place.container.messages.add(id);
  return entry;
}
