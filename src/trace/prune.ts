/**
 * Rows that are older than is kept go, a batch at a time, so that others get their turn in between. A message goes as a
 * whole, its entries with its events, and only when it has ended for every recipient.
 */
import type { MessageId } from '../mail/message-id.ts';
import type { Outcome } from './log.ts';
import type { EntryRow, TraceDatabase } from './schema.ts';

const AT_ONCE = 500;
const UNFINISHED: readonly Outcome[] = ['waiting', 'deferred', 'held'];

export type Place = Pick<EntryRow, 'at' | 'number'>;

/** Looks at the next entries behind `after` that are older than `before`. Null: there are no more. */
export async function pruneEntries(
  database: TraceDatabase,
  before: number,
  after: Place | null,
): Promise<Place | null> {
  return await database.transaction().execute(async (db) => {
    const old = db
      .selectFrom('entries')
      .select(['at', 'number', 'message'])
      .where('at', '<', before)
      .orderBy('at')
      .orderBy('number')
      .limit(AT_ONCE);
    const rows = await (after
      ? old
          .where('at', '>=', after.at)
          .where((eb) => eb.or([eb('at', '>', after.at), eb('number', '>', after.number)]))
      : old
    ).execute();
    const alone = rows.filter(({ message }) => message === null).map(({ number }) => number);
    if (alone.length > 0) await db.deleteFrom('entries').where('number', 'in', alone).execute();
    await deleteMessages(db, [...new Set(rows.flatMap(({ message }) => message ?? []))], before);
    return rows.at(-1) ?? null;
  });
}

async function deleteMessages(db: TraceDatabase, ids: readonly MessageId[], before: number): Promise<void> {
  if (ids.length === 0) return;
  const needed = await db
    .selectFrom('entries')
    .select('message')
    .where('message', 'in', ids)
    .where((eb) => eb.or([eb('outcome', 'in', UNFINISHED), eb('updated_at', '>=', before)]))
    .execute();
  const kept = new Set(needed.map(({ message }) => message));
  const gone = ids.filter((id) => !kept.has(id));
  if (gone.length === 0) return;
  await db.deleteFrom('entries').where('message', 'in', gone).execute();
  await db.deleteFrom('events').where('message', 'in', gone).execute();
}

/** Old events that belong to no entry: of refusals, failed logins, and messages that are gone. False: there are no more. */
export async function pruneEvents(db: TraceDatabase, before: number): Promise<boolean> {
  const orphans = await db
    .selectFrom('events')
    .select('event')
    .where('at', '<', before)
    .where(({ not, exists, selectFrom }) =>
      not(exists(selectFrom('entries').select('number').whereRef('entries.message', '=', 'events.message'))),
    )
    .limit(AT_ONCE)
    .execute();
  const gone = orphans.map(({ event }) => event);
  if (gone.length > 0) await db.deleteFrom('events').where('event', 'in', gone).execute();
  return gone.length === AT_ONCE;
}
