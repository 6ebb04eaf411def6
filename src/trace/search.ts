/**
 * A page of entries, newest first. One of the conditions drives: its index is read from the cursor on and gives the
 * page in its order; the others are looked at row by row, a slice of rows at a time. Which one drives is decided by counting a few rows of each,
 * so that "deferred" and "of this agency" together do not walk through all that the agency ever sent.
 */
import { setImmediate } from 'node:timers/promises';
import { type Condition, type ConditionBuilder, containsWord } from '../db/conditions.ts';
import { Problem } from '../lib/problem.ts';
import { parsePattern } from '../mail/address-pattern.ts';
import { fromRow, keyOf } from './entry-rows.ts';
import { clientOf, formsOfMessageId, formsOfReason, wordsOf } from './filter.ts';
import type { LogFilter, LogPage, LogQuery } from './log.ts';
import type { EntryRow, TraceDatabase, TraceSchema } from './schema.ts';

type Builder = ConditionBuilder<TraceSchema, 'entries'>;
type Column =
  | 'message'
  | 'sender'
  | 'sender_domain'
  | 'sender_agency'
  | 'recipient'
  | 'recipient_domain'
  | 'recipient_agency'
  | 'message_id'
  | 'client'
  | 'outcome';

/** One of these holds; each has an index. */
type Choice = readonly { readonly column: Column; readonly value: string }[];

interface Position {
  readonly at: number;
  readonly number: number;
}

/** Of more rows than this no matter how many more there are. */
const COUNTED = 1_000;
/** Rows that are looked at in one go: what takes long lets others have their turn. */
const SLICE = 10_000;

export async function search(db: TraceDatabase, query: LogQuery): Promise<LogPage> {
  const choices = choicesOf(query);
  const driver = await fewest(db, choices);
  const others = choices.filter((choice) => choice !== driver);
  const found = new Map<number, EntryRow>();
  for (const indexed of driver ?? [null]) {
    for (const row of await newest(db, query, indexed, others)) found.set(row.number, row);
  }
  const rows = [...found.values()].sort((a, b) => b.at - a.at || b.number - a.number);
  const last = rows.length > query.limit ? rows[query.limit - 1] : undefined;
  return { entries: rows.slice(0, query.limit).map(fromRow), next: last ? writeCursor(last) : null };
}

/** One row more than a page, if there are so many. */
async function newest(
  db: TraceDatabase,
  query: LogQuery,
  indexed: Choice[number] | null,
  others: readonly Choice[],
): Promise<EntryRow[]> {
  const found: EntryRow[] = [];
  let from = query.cursor === undefined ? null : readCursor(query.cursor);
  // Without a filter every row that is looked at is one that is found.
  const isSliced = others.length > 0 || query.reason !== undefined || query.text !== undefined;
  for (;;) {
    const to = isSliced ? await endOfSlice(db, query, indexed, from) : null;
    const rows = await db
      .selectFrom('entries')
      .selectAll()
      .where((eb) => eb.and([...driving(eb, indexed, query, from, to), ...filters(eb, others, query)]))
      .orderBy('at', 'desc')
      .orderBy('number', 'desc')
      .limit(query.limit + 1 - found.length)
      .execute();
    found.push(...rows);
    if (to === null || found.length > query.limit) return found;
    from = to;
    await setImmediate();
  }
}

/** The last row of the next slice; null: what is left is less than one. */
async function endOfSlice(
  db: TraceDatabase,
  query: LogQuery,
  indexed: Choice[number] | null,
  from: Position | null,
): Promise<Position | null> {
  const last = await db
    .selectFrom('entries')
    .select(['at', 'number'])
    .where((eb) => eb.and(driving(eb, indexed, query, from, null)))
    .orderBy('at', 'desc')
    .orderBy('number', 'desc')
    .offset(SLICE - 1)
    .limit(1)
    .executeTakeFirst();
  return last ?? null;
}

function choicesOf(filter: LogFilter): Choice[] {
  const { sender, recipient, address, id, messageId, client, agency, outcomes } = filter;
  const found: Choice[] = [];
  const add = (value: string | undefined, condition: (value: string) => Choice): void => {
    if (value !== undefined) found.push(condition(value));
  };
  const addressIn = (side: 'sender' | 'recipient', text: string): Choice[number] => {
    const { kind, key } = parsePattern(text);
    return { column: kind === 'domain' ? `${side}_domain` : side, value: keyOf(key) };
  };
  add(id, (value) => [{ column: 'message', value }]);
  add(messageId, (text) => formsOfMessageId(text).map((value) => ({ column: 'message_id', value })));
  add(recipient, (text) => [addressIn('recipient', text)]);
  add(sender, (text) => [addressIn('sender', text)]);
  add(address, (text) => [addressIn('sender', text), addressIn('recipient', text)]);
  add(client, (text) => [{ column: 'client', value: clientOf(text) }]);
  add(agency, (value) => [
    { column: 'sender_agency', value },
    { column: 'recipient_agency', value },
  ]);
  if (outcomes) found.push(outcomes.map((value) => ({ column: 'outcome', value })));
  return found;
}

/** The choice that fits the fewest rows; null: there is none at all. */
async function fewest(db: TraceDatabase, choices: readonly Choice[]): Promise<Choice | null> {
  let best = choices[0] ?? null;
  if (choices.length < 2) return best;
  let least = Number.POSITIVE_INFINITY;
  for (const choice of choices) {
    let rows = 0;
    for (const indexed of choice) rows += await countUpTo(db, indexed);
    if (rows < least) [best, least] = [choice, rows];
  }
  return best;
}

async function countUpTo(db: TraceDatabase, { column, value }: Choice[number]): Promise<number> {
  const some = db.selectFrom('entries').select('at').where(column, '=', value).limit(COUNTED).as('some');
  const counted = await db
    .selectFrom(some)
    .select(({ fn }) => fn.countAll<number>().as('rows'))
    .executeTakeFirstOrThrow();
  return Number(counted.rows);
}

/** What one index answers: the condition, and the stretch behind `from`, up to and with `to`. */
function driving(
  eb: Builder,
  indexed: Choice[number] | null,
  { since, until }: LogFilter,
  from: Position | null,
  to: Position | null,
): Condition[] {
  const found: Condition[] = [];
  if (indexed) found.push(eb(indexed.column, '=', indexed.value));
  if (since !== undefined) found.push(eb('at', '>=', since));
  if (until !== undefined) found.push(eb('at', '<', until));
  if (from) {
    // The first half is what the index understands.
    found.push(eb('at', '<=', from.at));
    found.push(eb.or([eb('at', '<', from.at), eb('number', '<', from.number)]));
  }
  if (to) {
    found.push(eb('at', '>=', to.at));
    found.push(eb.or([eb('at', '>', to.at), eb('number', '>=', to.number)]));
  }
  return found;
}

function filters(eb: Builder, choices: readonly Choice[], { reason, text }: LogFilter): Condition[] {
  const found: Condition[] = choices.map((choice) =>
    eb.or(choice.map(({ column, value }) => eb(unindexed(eb, column), '=', value))),
  );
  if (reason !== undefined) {
    const forms = formsOfReason(reason);
    const marked = forms.map((form) => containsWord(eb.ref('reasons'), `,${form},`));
    found.push(eb.or([eb('reason', 'in', forms), ...marked]));
  }
  for (const word of wordsOf(text ?? '')) {
    found.push(eb.or([containsWord(eb.ref('reply'), word), containsWord(eb.ref('reason'), word)]));
  }
  return found;
}

/** As an expression the column has no index that could tempt the database from the one that drives. */
function unindexed(eb: Builder, column: Column) {
  return eb(eb.ref(column), '||', eb.val('')).$castTo<string | null>();
}

function writeCursor({ at, number }: Position): string {
  return Buffer.from(`${at}.${number}`).toString('base64url');
}

function readCursor(cursor: string): Position {
  const [, at, number] =
    /^(\d{1,15})\.(\d{1,15})$/.exec(Buffer.from(cursor, 'base64url').toString('latin1')) ?? [];
  if (at === undefined || number === undefined)
    throw new Problem(`cursor "${cursor}" is none of ours; give what "next" of a page says`);
  return { at: Number(at), number: Number(number) };
}
