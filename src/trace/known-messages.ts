/**
 * What a follower knows of recent messages, so that a `delivered` can be filtered by its sender. Bounded: what was not
 * used for long is forgotten, and asked of the rows when it is needed again.
 */
import type { MessageId } from '../mail/message-id.ts';
import type { MessageFacts } from './match.ts';

export interface KnownMessages {
  get(id: MessageId): MessageFacts | undefined;
  add(facts: MessageFacts): void;
}

/** `capacity`: messages and their recipients together. */
export function createKnownMessages(capacity: number): KnownMessages {
  /** Longest unused first. */
  const known = new Map<MessageId, MessageFacts>();
  let weight = 0;

  const weightOf = (facts: MessageFacts): number => 1 + facts.recipients.length;

  function remove(id: MessageId): MessageFacts | undefined {
    const facts = known.get(id);
    if (facts && known.delete(id)) weight -= weightOf(facts);
    return facts;
  }

  function add(facts: MessageFacts): void {
    remove(facts.id);
    known.set(facts.id, facts);
    weight += weightOf(facts);
    for (const id of known.keys()) {
      if (weight <= capacity || id === facts.id) break;
      remove(id);
    }
  }

  return {
    get(id) {
      const facts = known.get(id);
      if (facts) add(facts);
      return facts;
    },
    add,
  };
}
