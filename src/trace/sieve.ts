/**
 * Lets the events pass that fit a follower's filter and were not seen before. An event whose message is not known yet
 * (the line of a worker before that of the receiver) waits a moment for it.
 */
import { systemClock } from '../lib/clock.ts';
import type { MessageId } from '../mail/message-id.ts';
import type { RecordedEvent } from './events.ts';
import { createKnownMessages } from './known-messages.ts';
import type { LogFilter } from './log.ts';
import { type MessageFacts, matches, messageFacts, needsFacts } from './match.ts';

/** Messages and recipients; some 10 MB. */
const KNOWN = 50_000;
/** Identities; a line is repeated soon or not at all. */
const REMEMBERED = 20_000;
/** How long an event waits for its message, and how many do. */
const WAIT_MS = 5_000;
const MAX_WAITING = 10_000;

export class Sieve {
  readonly #filter: LogFilter;
  readonly #askRows: (ids: readonly MessageId[]) => Promise<readonly MessageFacts[]>;
  readonly #known = createKnownMessages(KNOWN);
  readonly #seen = new Set<string>();
  /** Oldest first. */
  #waiting: { readonly event: RecordedEvent; readonly since: number }[] = [];

  /** `askRows`: what is known of these messages; may reject. */
  constructor(filter: LogFilter, askRows: (ids: readonly MessageId[]) => Promise<readonly MessageFacts[]>) {
    this.#filter = filter;
    this.#askRows = askRows;
  }

  /** Once for each event. */
  isNew({ event }: RecordedEvent): boolean {
    if (this.#seen.has(event)) return false;
    this.#seen.add(event);
    const [oldest] = this.#seen.size > REMEMBERED ? this.#seen : [];
    if (oldest !== undefined) this.#seen.delete(oldest);
    return true;
  }

  async *pass(events: readonly RecordedEvent[]): AsyncGenerator<RecordedEvent> {
    const fresh = events.filter((event) => this.isNew(event));
    const rows = await this.#ask(fresh.filter((event) => isRecovered(event) || this.#isWanting(event)));
    for (const event of fresh) {
      if (isRecovered(event) && isRepeat(event, rows)) continue;
      if (this.#isWanting(event)) {
        this.#waiting.push({ event, since: systemClock.elapsedMs() });
        continue;
      }
      const facts = messageFacts(event);
      if (facts) this.#known.add(facts);
      if (this.#fits(event)) yield event;
      if (facts) yield* this.#released(facts.id);
    }
  }

  /** Those that have waited long enough, if they fit after all. */
  async *overdue(): AsyncGenerator<RecordedEvent> {
    const now = systemClock.elapsedMs();
    const old = this.#waiting.filter(({ since }) => now - since > WAIT_MS).length;
    const due = this.#waiting.splice(0, Math.max(old, this.#waiting.length - MAX_WAITING));
    const events = due.map(({ event }) => event);
    await this.#ask(events);
    for (const event of events) if (this.#fits(event)) yield event;
  }

  *#released(id: MessageId): Generator<RecordedEvent> {
    const free = this.#waiting.filter(({ event }) => event.id === id);
    if (free.length === 0) return;
    this.#waiting = this.#waiting.filter(({ event }) => event.id !== id);
    for (const { event } of free) if (this.#fits(event)) yield event;
  }

  /** What the rows know of the messages of these; nothing while they are away. */
  async #ask(events: readonly RecordedEvent[]): Promise<ReadonlyMap<MessageId, MessageFacts>> {
    const ids = [...new Set(events.flatMap(({ id }) => id ?? []))];
    const found = ids.length === 0 ? [] : await this.#askRows(ids).catch(() => []);
    for (const facts of found) this.#known.add(facts);
    return new Map(found.map((facts) => [facts.id, facts]));
  }

  #isWanting(event: RecordedEvent): boolean {
    return event.id !== null && needsFacts(this.#filter, event) && !this.#known.get(event.id);
  }

  #fits(event: RecordedEvent): boolean {
    return matches(this.#filter, event, event.id === null ? null : this.#known.get(event.id));
  }
}

function isRecovered(event: RecordedEvent): boolean {
  return event.kind === 'accepted' && event.recovered;
}

/** Recorded again at a start: said long ago. */
function isRepeat({ id, at }: RecordedEvent, rows: ReadonlyMap<MessageId, MessageFacts>): boolean {
  const recorded = id === null ? undefined : rows.get(id);
  return recorded !== undefined && recorded.at !== at;
}
