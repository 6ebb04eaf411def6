/**
 * The delivery log's writing side: every fact about a message becomes one JSON line of the writer's file of the day.
 * Nothing here throws into the mail path or makes it wait. `delivery-log.ts` reads what is written here.
 */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import type { RecordedEvent, Trace, TraceEvent } from './events.ts';
import { dayIn, fileName, linesFolder } from './files.ts';
import { identityOf } from './identity.ts';
import { openLineFile } from './line-file.ts';

export interface TraceDeps {
  /** The lines go into its `delivery/`. */
  readonly folder: string;
  /** The process: "receive", "work", "main". No two that run at once have the same. */
  readonly writer: string;
  /** IANA name: where a new day begins. */
  readonly timezone: string;
  readonly clock: Pick<Clock, 'now'>;
  readonly log: Log;
  /** Characters of lines that may wait while the file cannot be written; about 40,000 events. */
  readonly maxWaiting?: number;
  readonly retryMs?: number;
  readonly patienceMs?: number;
}

/** Throws a Problem when the folder cannot be written. */
export async function createTrace(deps: TraceDeps): Promise<Trace> {
  const { folder, writer, clock, log } = deps;
  const { maxWaiting = 16 * 1024 * 1024, retryMs = 1_000, patienceMs = 2_000 } = deps;
  const day = dayIn(deps.timezone);
  const path = (): string => join(linesFolder(folder), fileName(day(clock.now()), writer));
  const file = await openLineFile({ path, log, maxWaiting, retryMs, patienceMs });
  /** Random, so that neither a clock set back nor another writer makes the same. */
  const run = `${writer}.${randomBytes(8).toString('hex')}`;
  let occurrences = 0;
  let unwritable = 0;

  const occurrence = (): string => `${run}.${++occurrences}`;

  return {
    record(event: TraceEvent) {
      try {
        const at = new Date(clock.now()).toISOString();
        const recorded: RecordedEvent = { at, event: identityOf(event, occurrence), ...event };
        file.append(JSON.stringify(recorded));
      } catch (error) {
        unwritable++;
        log.error({ err: error, kind: event.kind }, 'delivery log: an event could not be recorded');
      }
    },
    flush: () => file.flush(),
    get lost() {
      return file.lost + unwritable;
    },
    [Symbol.asyncDispose]: () => file[Symbol.asyncDispose](),
  };
}
