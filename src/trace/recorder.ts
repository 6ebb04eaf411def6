/**
 * The delivery log's writing side: every fact about a message becomes one JSON line of `delivery.jsonl` in the trace
 * folder, and goes to whoever follows. Nothing here throws into the mail path or makes it wait.
 */
import { join } from 'node:path';
import type { Clock } from '../lib/clock.ts';
import type { Log } from '../lib/log.ts';
import { findEvents, recentEvents } from './delivery-log.ts';
import type { RecordedEvent, Trace, TraceEvent } from './events.ts';
import { identityOf } from './identity.ts';
import { openLineFile } from './line-file.ts';

export interface TraceDeps {
  readonly folder: string;
  readonly clock: Clock;
  readonly log: Log;
  /** Characters of lines that may wait while the file cannot be written; about 40,000 events. */
  readonly maxWaiting?: number;
  readonly retryMs?: number;
  readonly patienceMs?: number;
}

/** Throws a Problem when the folder cannot be written. */
export async function createTrace(deps: TraceDeps): Promise<Trace> {
  const { folder, clock, log } = deps;
  const { maxWaiting = 16 * 1024 * 1024, retryMs = 1_000, patienceMs = 2_000 } = deps;
  const path = join(folder, 'delivery.jsonl');
  const file = await openLineFile({ path, log, maxWaiting, retryMs, patienceMs });
  const listeners = new Set<(event: RecordedEvent) => void>();
  const startedAt = clock.now().toString(36);
  let occurrences = 0;
  let unwritable = 0;

  const occurrence = (): string => `${startedAt}.${(++occurrences).toString(36)}`;

  function tell(listener: (event: RecordedEvent) => void, event: RecordedEvent): void {
    try {
      listener(event);
    } catch (error) {
      listeners.delete(listener);
      log.error({ err: error }, 'delivery log: a listener failed and is told no more');
    }
  }

  function record(event: TraceEvent): void {
    try {
      const at = new Date(clock.now()).toISOString();
      const recorded: RecordedEvent = { at, event: identityOf(event, occurrence), ...event };
      file.append(JSON.stringify(recorded));
      for (const listener of listeners) tell(listener, recorded);
    } catch (error) {
      unwritable++;
      log.error({ err: error, kind: event.kind }, 'delivery log: an event could not be recorded');
    }
  }

  return {
    record,
    flush: () => file.flush(),
    follow(listener, signal) {
      if (signal.aborted) return;
      listeners.add(listener);
      signal.addEventListener('abort', () => listeners.delete(listener), { once: true });
    },
    async find(id) {
      await file.flush();
      return findEvents(path, id);
    },
    async recent(count) {
      await file.flush();
      return recentEvents(path, count);
    },
    get lost() {
      return file.lost + unwritable;
    },
    async [Symbol.asyncDispose]() {
      listeners.clear();
      await file[Symbol.asyncDispose]();
    },
  };
}
