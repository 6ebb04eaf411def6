/**
 * Lines become rows. A stretch of one file is one transaction with how far the file has been read, so lines, rows and
 * that agree after any crash; an event that is there already changes nothing.
 *
 * The entries of a message are made from all its events each time one is new, so the order in which the files of
 * several writers are read does not matter.
 */
import type { MessageId } from '../mail/message-id.ts';
import { type EntryFacts, toRow } from './entry-rows.ts';
import type { RecordedEvent } from './events.ts';
import { entriesOf } from './fold.ts';
import { parseEvent } from './parse.ts';
import type { EntryRow, TraceDatabase } from './schema.ts';

/** Lines of a file up to `end`. */
export interface Stretch {
  readonly file: string;
  readonly end: number;
  readonly events: readonly Line[];
}

export interface Line {
  readonly event: RecordedEvent;
  readonly line: string;
}

/** Rows in one statement, far below what both databases allow. */
const AT_ONCE = 500;

export async function project(database: TraceDatabase, stretch: Stretch): Promise<void> {
  await database.transaction().execute(async (db) => {
    const fresh = await insertEvents(db, stretch.events);
    const withMessage = Map.groupBy(fresh, ({ id }) => id);
    const alone = withMessage.get(null) ?? [];
    withMessage.delete(null);
    const numbers = await freeNumbers(db);
    const rows = alone.flatMap((event) => entriesOf([event])).map(toRow);
    await insertRows(db, rows, numbers);
    const ids = [...withMessage.keys()].filter((id) => id !== null);
    for (const slice of inSlices(ids)) await writeMessages(db, slice, numbers);
    await db
      .insertInto('files')
      .values({ name: stretch.file, position: stretch.end })
      .onConflict((conflict) => conflict.column('name').doUpdateSet({ position: stretch.end }))
      .execute();
  });
}

/** Resolves with those that were not there. */
async function insertEvents(db: TraceDatabase, lines: readonly Line[]): Promise<RecordedEvent[]> {
  const byIdentity = new Map<string, RecordedEvent>();
  for (const { event } of lines) if (!byIdentity.has(event.event)) byIdentity.set(event.event, event);
  const fresh: RecordedEvent[] = [];
  for (const slice of inSlices(lines)) {
    const rows = slice.map(({ event, line }) => ({
      event: event.event,
      message: event.id,
      at: Date.parse(event.at),
      body: line,
    }));
    const inserted = await db
      .insertInto('events')
      .values(rows)
      .onConflict((conflict) => conflict.doNothing())
      .returning('event')
      .execute();
    for (const { event } of inserted) fresh.push(...presentIn(byIdentity, event));
  }
  return fresh;
}

function presentIn<Value>(map: ReadonlyMap<string, Value>, key: string): Value[] {
  const value = map.get(key);
  return value === undefined ? [] : [value];
}

/** Brings the entries of these messages to what their events say. */
async function writeMessages(
  db: TraceDatabase,
  ids: readonly MessageId[],
  numbers: Iterator<number, never>,
): Promise<void> {
  const bodies = await db.selectFrom('events').select('body').where('message', 'in', ids).execute();
  const events = Map.groupBy(
    bodies.flatMap(({ body }) => parseEvent(body) ?? []),
    ({ id }) => id,
  );
  const present = await db.selectFrom('entries').selectAll().where('message', 'in', ids).execute();
  const old = new Map(present.map((row) => [placeOf(row), row]));
  const added: EntryFacts[] = [];
  for (const id of ids) {
    for (const row of entriesOf(events.get(id) ?? []).map(toRow)) {
      const place = placeOf(row);
      const before = old.get(place);
      old.delete(place);
      if (before) await update(db, before, row);
      else added.push(row);
    }
  }
  await insertRows(db, added, numbers);
  const gone = [...old.values()].map(({ number }) => number);
  for (const slice of inSlices(gone)) {
    await db.deleteFrom('entries').where('number', 'in', slice).execute();
  }
}

/** A message has one entry for a recipient, and at most one that is about none. */
function placeOf({ message, recipient }: Pick<EntryRow, 'message' | 'recipient'>): string {
  return `${message}/${recipient ?? ''}`;
}

/** What did not change is not written: each changed column costs its index. */
async function update(db: TraceDatabase, before: EntryRow, after: EntryFacts): Promise<void> {
  const names = Object.keys(after) as (keyof EntryFacts)[];
  const changed = names.filter((name) => before[name] !== after[name]);
  if (changed.length === 0) return;
  const values: Partial<EntryFacts> = Object.fromEntries(changed.map((name) => [name, after[name]]));
  await db.updateTable('entries').set(values).where('number', '=', before.number).execute();
}

async function insertRows(
  db: TraceDatabase,
  rows: readonly EntryFacts[],
  numbers: Iterator<number, never>,
): Promise<void> {
  for (const slice of inSlices(rows)) {
    const numbered = slice.map((row) => ({ number: numbers.next().value, ...row }));
    await db.insertInto('entries').values(numbered).execute();
  }
}

/** Above all that are there; nobody else gives them out. */
async function freeNumbers(db: TraceDatabase): Promise<Iterator<number, never>> {
  const last = await db
    .selectFrom('entries')
    .select(({ fn }) => fn.max('number').as('number'))
    .executeTakeFirst();
  return countFrom((last?.number ?? 0) + 1);
}

function* countFrom(first: number): Generator<number, never> {
  for (let number = first; ; number++) yield number;
}

export function inSlices<Item>(items: readonly Item[]): Item[][] {
  const slices: Item[][] = [];
  for (let at = 0; at < items.length; at += AT_ONCE) slices.push(items.slice(at, at + AT_ONCE));
  return slices;
}
