/**
 * The delivery log's reading side: rows for searching, made by a thread of its own from the lines that the processes
 * write (`recorder.ts`), and the lines themselves for following. What is older than is kept is deleted here.
 */
import type { DatabasePlace } from '../config/settings.ts';
import type { Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import { messageOf } from '../lib/problem.ts';
import { linesFolder } from './files.ts';
import { follow } from './follow.ts';
import { COLLECT_MS } from './line-file.ts';
import type { DeliveryLog } from './log.ts';
import { startLogThread } from './thread-owner.ts';

export interface DeliveryLogDeps {
  /** As of the writers: holds `delivery/`. */
  readonly folder: string;
  readonly database: DatabasePlace;
  /** IANA name: where a new day begins. */
  readonly timezone: string;
  /** Asked each time: how long lines and rows are kept. */
  readonly keepMs: () => number;
  readonly clock: Pick<Clock, 'now' | 'sleep'>;
  readonly log: Log;
  /** Of the writer in this process; absent: there is none. */
  readonly flush?: () => Promise<void>;
}

const PRUNE_MS = 3_600_000;

/**
 * Throws a Problem when a SQLite file cannot be opened. PostgreSQL may be away, also at the start: questions then reject
 * with an `Away`, and `status` says so.
 */
export async function openDeliveryLog(deps: DeliveryLogDeps): Promise<DeliveryLog> {
  const { folder, database, timezone, keepMs, clock, log } = deps;
  const thread = await startLogThread({ folder, database, timezone }, log);
  const path = linesFolder(folder);
  const prune = (): void => {
    thread
      .call('prune', clock.now() - keepMs())
      .catch((error: unknown) =>
        log.warn({ error: messageOf(error) }, 'delivery log: old rows could not be deleted now'),
      );
  };
  prune();
  const hourly = setInterval(prune, PRUNE_MS);

  /** What was recorded a moment ago may still be collected by its writer, here or in another process. */
  const written = async (): Promise<void> => {
    await Promise.all([deps.flush?.(), clock.sleep(2 * COLLECT_MS)]);
  };

  return {
    async search(query) {
      await written();
      return await thread.call('search', query);
    },
    async events(id) {
      await written();
      return await thread.call('events', id);
    },
    async children(id) {
      await written();
      return await thread.call('children', id);
    },
    follow: (filter, last, signal) => follow({ path, thread, filter, last, signal }),
    status: () => thread.call('status'),
    async [Symbol.asyncDispose]() {
      clearInterval(hourly);
      await thread[Symbol.asyncDispose]();
    },
  };
}
