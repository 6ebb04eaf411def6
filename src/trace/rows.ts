/** Questions to the rows about messages and their events. */
import type { MessageId } from '../mail/message-id.ts';
import type { RecordedEvent } from './events.ts';
import { inOrder } from './fold.ts';
import type { LogFilter } from './log.ts';
import { type MessageFacts, matches, messageFacts } from './match.ts';
import { parseEvent } from './parse.ts';
import { inSlices } from './project.ts';
import type { EventRow, TraceDatabase } from './schema.ts';

/** Oldest first. */
export async function eventsOf(db: TraceDatabase, id: MessageId): Promise<RecordedEvent[]> {
  const rows = await db.selectFrom('events').select('body').where('message', '=', id).execute();
  return rows.flatMap(({ body }) => parseEvent(body) ?? []).sort(inOrder);
}

/** Oldest first. */
export async function childrenOf(db: TraceDatabase, id: MessageId): Promise<MessageId[]> {
  const rows = await db
    .selectFrom('entries')
    .select('message')
    .where('parent', '=', id)
    .orderBy('at')
    .orderBy('number')
    .execute();
  return [...new Set(rows.flatMap(({ message }) => message ?? []))];
}

/** Those of them of which something is known. */
export async function factsOf(db: TraceDatabase, ids: readonly MessageId[]): Promise<MessageFacts[]> {
  const found: MessageFacts[] = [];
  for (const slice of inSlices(ids)) {
    // `identityOf`: accepted once, refused with a command behind it.
    const identities = slice.flatMap((id) => [`${id}/accepted//`, `${id}/refused//DATA`]);
    const rows = await db.selectFrom('events').select('body').where('event', 'in', identities).execute();
    for (const { body } of rows) {
      const event = parseEvent(body);
      const facts = event && messageFacts(event);
      if (facts) found.push(facts);
    }
  }
  return found;
}

export interface Recent {
  /** Oldest first. */
  readonly events: readonly RecordedEvent[];
  /** Older ones were not looked at. */
  readonly cut: boolean;
}

const LOOKED_AT_ONCE = 500;
const LOOKED_AT = 100_000;

/** The last `count` events that fit; looks at a bounded number. */
export async function recentOf(db: TraceDatabase, filter: LogFilter, count: number): Promise<Recent> {
  const found: RecordedEvent[] = [];
  let looked = 0;
  let rows: readonly EventRow[] = [];
  while (found.length < count && looked < LOOKED_AT) {
    rows = await eventsBefore(db, rows.at(-1));
    if (rows.length === 0) break;
    looked += rows.length;
    const events = rows.flatMap(({ body }) => parseEvent(body) ?? []);
    const facts = new Map((await factsOf(db, idsOf(events))).map((one) => [one.id, one]));
    found.push(...events.filter((event) => matches(filter, event, event.id && facts.get(event.id))));
  }
  const cut = found.length < count && looked >= LOOKED_AT;
  return { events: found.slice(0, count).sort(inOrder), cut };
}

/** Newest first. */
function eventsBefore(db: TraceDatabase, last: EventRow | undefined): Promise<EventRow[]> {
  const newestFirst = db.selectFrom('events').selectAll().orderBy('at', 'desc').orderBy('event', 'desc');
  const older = last
    ? newestFirst
        .where('at', '<=', last.at)
        .where((eb) => eb.or([eb('at', '<', last.at), eb('event', '<', last.event)]))
    : newestFirst;
  return older.limit(LOOKED_AT_ONCE).execute();
}

function idsOf(events: readonly RecordedEvent[]): MessageId[] {
  return [...new Set(events.flatMap(({ id }) => id ?? []))];
}
