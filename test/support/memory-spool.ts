/** Unfinished messages in memory, changed as the real spool changes them: for tests of the queue and of the link. */

import type { MessageId } from '../../src/mail/message-id.ts';
import { newMessageId } from '../../src/mail/message-id.ts';
import { applyEntry, newMessage } from '../../src/spool/message-state.ts';
import type { Spool, SpooledMessage } from '../../src/spool/spool.ts';
import { envelope } from './messages.ts';

export interface MemorySpool
  extends Pick<Spool, 'get' | 'list' | 'setVerdict' | 'defer' | 'settle' | 'hold' | 'refuse'> {
  /** A message for these, Aminah if nobody is named. */
  put(...recipients: string[]): MessageId;
  readonly messages: Map<MessageId, SpooledMessage>;
}

export function createMemorySpool(): MemorySpool {
  const messages = new Map<MessageId, SpooledMessage>();
  const apply = async (entry: Parameters<typeof applyEntry>[1]): Promise<void> => {
    const found = messages.get(entry.id);
    const changed = found && applyEntry(found, entry);
    if (changed) messages.set(entry.id, changed);
    else messages.delete(entry.id);
  };
  return {
    messages,
    put(...recipients) {
      const id = newMessageId(Date.now());
      const to = recipients.length > 0 ? recipients : ['aminah@moh.example'];
      messages.set(id, newMessage(envelope(to, Buffer.alloc(1), { id, receivedAt: Date.now() })));
      return id;
    },
    get: (id) => messages.get(id),
    list: () => messages.values(),
    refuse: (id) => apply({ kind: 'refused', id }),
    setVerdict: (id, verdict) => apply({ kind: 'verdict', id, verdict }),
    defer: (id, deferral) => apply({ kind: 'deferred', id, deferral }),
    settle: (id, recipient, outcome) => apply({ kind: 'settled', id, recipient, outcome }),
    hold: (id, held) => apply({ kind: held ? 'held' : 'released', id }),
  };
}
