/** What happens to a message after it was stored: noted in its journal and in the index, and gone when it is finished. */
import type { Clock } from '../lib/clock.ts';
import type { MessageId } from '../mail/message-id.ts';
import type { BodyCache } from './body-cache.ts';
import type { Containers } from './containers.ts';
import type { JournalEntry } from './journal-entry.ts';
import type { MessageIndex } from './message-index.ts';
import { applyEntry, hasRecipient } from './message-state.ts';
import type { Spool } from './spool.ts';

export type Changes = Pick<Spool, 'refuse' | 'setVerdict' | 'defer' | 'settle' | 'hold'>;

export function createChanges(deps: {
  readonly index: MessageIndex;
  readonly containers: Containers;
  readonly cache: BodyCache;
  readonly clock: Clock;
}): Changes {
  const { index, containers, cache, clock } = deps;

  const note = (id: MessageId, entry: JournalEntry): Promise<void> => {
    const found = index.get(id);
    if (!found) return Promise.resolve();
    const { container } = found.place;
    const message = applyEntry(found.message, entry);
    found.notedAtMs = clock.elapsedMs();
    const written = container.journal.append(entry);
    if (message) found.message = message;
    else {
      index.delete(id);
      cache.drop(id);
      void containers.leave(container, id);
    }
    return written;
  };

  return {
    refuse: (id) => note(id, { kind: 'refused', id }),
    setVerdict: (id, verdict) => note(id, { kind: 'verdict', id, verdict }),
    defer: (id, deferral) => note(id, { kind: 'deferred', id, deferral }),
    settle(id, recipient, outcome) {
      const message = index.get(id)?.message;
      if (message && !hasRecipient(message, recipient)) {
        return Promise.reject(new Error(`${recipient} is no recipient of ${id}`));
      }
      return note(id, { kind: 'settled', id, recipient, outcome });
    },
    async hold(id, held) {
      // Of two journals nobody could tell which word is the last: it waits for the one that the message will have.
      let entry = index.get(id);
      while (entry?.moving) {
        await entry.moving;
        entry = index.get(id);
      }
      if (!entry) return;
      // Also when it is so already: after a failed sync only octets that are written anew can be trusted to be there.
      void note(id, { kind: held ? 'held' : 'released', id });
      await containers.syncJournal(entry.place.container);
    },
  };
}
