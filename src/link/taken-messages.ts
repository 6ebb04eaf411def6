/**
 * The messages that this worker has taken: their state, changed here as the receiver's spool will be (the same fold of
 * notes), and their content, read from the spool's files by its place.
 */
import type { Readable } from 'node:stream';
import type { Files } from '../lib/durable-file.ts';
import { PeerGone } from '../lib/line-socket.ts';
import { errorCode } from '../lib/problem.ts';
import type { MessageId } from '../mail/message-id.ts';
import type { Jobs } from '../queue/queue.ts';
import { applyEntry } from '../spool/message-state.ts';
import { type PlacedContent, placedContent } from '../spool/read-placed.ts';
import type { ContentPlace, SpooledMessage } from '../spool/spool.ts';
import type { Connection } from './connection.ts';
import type { Notes } from './notes.ts';
import { ask, type Note, type StageJob, type TakenMessage, tell } from './protocol.ts';
import type { WorkSpool } from './receiver.ts';

interface Taken {
  /** Null: finished, or parked. */
  message: SpooledMessage | null;
  content: PlacedContent;
}

export function createTakenMessages(deps: {
  readonly connection: Pick<Connection, 'peer' | 'whenUp'>;
  readonly notes: Pick<Notes, 'add'>;
  readonly files: Files;
}): { readonly jobs: Jobs; readonly spool: WorkSpool } {
  const { connection, notes, files } = deps;
  const taken = new Map<MessageId, Taken>();

  const contentAt = (id: MessageId, place: ContentPlace): PlacedContent =>
    placedContent(files, place, async () => {
      const peer = await connection.whenUp();
      const found = taken.get(id);
      if (!(await ask(peer, 'check-content', id)) && found) found.message = null;
    });

  /** It has moved: the receiver knows where to. */
  const findAgain = async (id: MessageId, found: Taken): Promise<PlacedContent> => {
    const place = await ask(await connection.whenUp(), 'place', id);
    if (!place) {
      found.message = null;
      throw new Error(`message ${id} is not in the spool any more`);
    }
    found.content = contentAt(id, place);
    return found.content;
  };

  const note = (entry: Note): Promise<void> => {
    const found = taken.get(entry.id);
    if (found?.message) found.message = applyEntry(found.message, entry);
    return notes.add(entry);
  };

  return {
    jobs: {
      async take(stage, id) {
        const answer = await takeOver(connection, { stage, id });
        if (!answer) return false;
        taken.set(id, { message: answer.message, content: contentAt(id, answer.place) });
        return true;
      },
      async done(stage, id, end) {
        taken.delete(id);
        // A receiver that was lost meanwhile has handed it out again, and passes this over.
        if (connection.peer) tell(connection.peer, 'done', { stage, id, end });
      },
    },
    spool: {
      get: (id) => taken.get(id)?.message ?? undefined,
      async read(id): Promise<Readable> {
        const found = taken.get(id);
        if (!found?.message) throw new Error(`message ${id} is not in the spool`);
        try {
          return await found.content.read();
        } catch (error) {
          if (errorCode(error) !== 'ENOENT') throw error;
          return (await findAgain(id, found)).read();
        }
      },
      setVerdict: (id, verdict) => note({ kind: 'verdict', id, verdict }),
      defer: (id, deferral) => note({ kind: 'deferred', id, deferral }),
      settle: (id, recipient, outcome) => note({ kind: 'settled', id, recipient, outcome }),
    },
  };
}

/**
 * Waits for the receiver. When it is lost before its answer it is asked again: whether it knew that the job is in our
 * hands nobody can say, and a job that nobody asks for would lie for a while.
 */
async function takeOver(connection: Pick<Connection, 'whenUp'>, job: StageJob): Promise<TakenMessage | null> {
  for (;;) {
    const peer = await connection.whenUp();
    try {
      return await ask(peer, 'take', job);
    } catch (error) {
      if (!(error instanceof PeerGone)) throw error;
    }
  }
}
