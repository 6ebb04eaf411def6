/** A delivery log in memory: what a test records is what the API reads. Entries are given, not made from the events. */
import { EventEmitter, once } from 'node:events';
import { Away, Problem } from '../../src/lib/problem.ts';
import type { RecordedEvent, TraceEvent } from '../../src/trace/events.ts';
import type { DeliveryLog, LogEntry, LogFilter, LogQuery } from '../../src/trace/log.ts';

export interface SmallLog {
  readonly deliveryLog: Pick<DeliveryLog, 'search' | 'events' | 'children' | 'follow'>;
  record(event: TraceEvent): void;
  /** Newest first, as a search answers. */
  readonly entries: LogEntry[];
  /** What was asked of it, in order. */
  readonly asked: (LogQuery | LogFilter)[];
  /** How many events each follower was given, in the order in which they came. */
  readonly given: number[];
}

export function createSmallLog(now: number): SmallLog {
  const events: RecordedEvent[] = [];
  const entries: LogEntry[] = [];
  const asked: (LogQuery | LogFilter)[] = [];
  const given: number[] = [];
  const recorded = new EventEmitter();
  recorded.setMaxListeners(0);

  async function* follow(filter: LogFilter, last: number, signal: AbortSignal) {
    asked.push(filter);
    const place = given.push(0) - 1;
    let next = Math.max(0, events.length - last);
    while (!signal.aborted) {
      for (let event = events[next]; event !== undefined; event = events[next]) {
        next++;
        given[place] = (given[place] ?? 0) + 1;
        if (filter.id === undefined || filter.id === event.id) yield event;
        if (signal.aborted) return;
      }
      await nextRecord(recorded, signal);
    }
  }

  return {
    entries,
    asked,
    given,
    record(event) {
      const identity = `${event.id ?? '-'}/${event.kind}/${events.length}`;
      events.push({ ...event, at: new Date(now).toISOString(), event: identity });
      recorded.emit('record');
    },
    deliveryLog: {
      async search(query) {
        if (query.cursor === 'wrong') throw new Problem('cursor "wrong" is none of ours');
        if (query.cursor === 'away') throw new Away('the database of the delivery log is away');
        asked.push(query);
        const from = Number(query.cursor ?? 0);
        const fitting = entries.filter(({ outcome }) => query.outcomes?.includes(outcome) ?? true);
        const next = from + query.limit;
        return { entries: fitting.slice(from, next), next: next < fitting.length ? String(next) : null };
      },
      events: async (id) => events.filter((event) => event.id === id),
      children: async (id) =>
        events.flatMap((event) => (event.kind === 'accepted' && event.parent === id ? [event.id] : [])),
      follow,
    },
  };
}

/** Resolves at the next record, or when the signal is aborted. */
async function nextRecord(recorded: EventEmitter, signal: AbortSignal): Promise<void> {
  await once(recorded, 'record', { signal }).catch((error: unknown) => {
    if (!signal.aborted) throw error;
  });
}
