/**
 * What a worker changes about messages, on its way into the receiver's spool. A note that was not acknowledged when the
 * connection was lost is sent again on the next one, in order and before anything else: so what the mailbox server
 * has taken is not forgotten because the receiver restarts. Repeating a note changes nothing.
 */
import { type Peer, PeerGone } from '../lib/line-socket.ts';
import { Away } from '../lib/problem.ts';
import { encodeEntry } from '../spool/journal-entry.ts';
import { ask, type Note } from './protocol.ts';

export interface Notes extends Disposable {
  /** Resolves when the receiver has it. Rejects when it refuses (our bug), or with an `Away` when disposed before. */
  add(note: Note): Promise<void>;
  resend(peer: Peer): void;
}

interface Pending {
  readonly line: string;
  readonly done: PromiseWithResolvers<void>;
}

export function createNotes(link: { readonly peer: Peer | null }): Notes {
  const pending = new Set<Pending>();

  const send = (peer: Peer, one: Pending): void => {
    ask(peer, 'note', one.line).then(
      () => {
        pending.delete(one);
        one.done.resolve();
      },
      (error: unknown) => {
        if (error instanceof PeerGone) return;
        pending.delete(one);
        one.done.reject(error);
      },
    );
  };

  return {
    add(note) {
      const one = { line: encodeEntry(note), done: Promise.withResolvers<void>() };
      pending.add(one);
      if (link.peer) send(link.peer, one);
      return one.done.promise;
    },
    resend(peer) {
      for (const one of pending) send(peer, one);
    },
    [Symbol.dispose]() {
      for (const { done } of pending) done.reject(new Away('this process stops'));
      pending.clear();
    },
  };
}
