/** What the delivery log's rows say, and how they come and go. */
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { DAY, describeDeliveryLog, sqlitePlace, startDeliveryLog } from '../../test/support/delivery-logs.ts';
import {
  AHMAD,
  ALI,
  accepted,
  at,
  CLIENT,
  deferred,
  delivered,
  everyKind,
  failedLogin,
  MOH,
  queueAct,
  refused,
  refusedAtData,
  SITI,
  scanned,
} from '../../test/support/events.ts';
import { address } from '../../test/support/messages.ts';
import { waitFor } from '../../test/support/wait-for.ts';
import { openTraceDatabase } from '../db/open.ts';
import { systemClock } from '../lib/clock.ts';
import { Problem } from '../lib/problem.ts';
import type { AgencyId, UserId } from '../mail/envelope.ts';
import { type MessageId, newMessageId } from '../mail/message-id.ts';
import type { RecordedEvent, TraceEvent } from './events.ts';
import { entriesOf } from './fold.ts';
import type { DeliveryLog, LogEntry, LogFilter, LogPage } from './log.ts';
import { createTrace } from './recorder.ts';
import type { TraceSchema } from './schema.ts';

const search = async (log: DeliveryLog, filter: LogFilter = {}): Promise<readonly LogEntry[]> =>
  (await log.search({ limit: 1000, ...filter })).entries;

describeDeliveryLog((newPlace) => {
  test('every kind of event is in the lines, the rows and the events of its message', async () => {
    await using place = await newPlace();
    await using set = await startDeliveryLog(place);
    const kinds = everyKind(newMessageId(Date.now()));
    await using trace = await createTrace({ ...set.base, writer: 'main' });
    for (const event of kinds) trace.record(event);
    for (const event of kinds) {
      if (event.id === null) continue;
      const found = await set.log.events(event.id);
      expect(found.map(({ kind }) => kind)).toContain(event.kind);
      expect(found.find(({ kind }) => kind === event.kind)).toMatchObject({ ...event });
    }
    const outcomes = (await search(set.log)).map(({ outcome }) => outcome).sort();
    const messages = ['bounced', 'delivered', 'discarded', 'quarantined'];
    expect(outcomes).toEqual([...messages, 'login-failed', 'refused', 'refused', 'refused'].sort());
  });

  test('a line and the row made of it say the same, whichever file was read first', async () => {
    await using place = await newPlace();
    await using set = await startDeliveryLog(place);
    const events = new Map<MessageId, RecordedEvent[]>();
    for (let n = 0; n < 12; n++) {
      const id = newMessageId(Date.UTC(2026, 10, 24) + n);
      const own = [accepted(id), scanned(id), deferred(id), queueAct(id, 'hold'), delivered(id, AHMAD)];
      events.set(
        id,
        own.map((event, index) => at(n * 10 + index, event)),
      );
    }
    // In each look another part of each message is there, in files of three writers.
    for (let part = 0; part < 5; part++) {
      const files = Map.groupBy([...events.values()].entries(), ([n]) => n % 3);
      for (const [writer, messages] of files) {
        const lines = messages.flatMap(([n, own]) => own[(n + part) % 5] ?? []);
        await set.write(lines, `2026-11-24.w${writer}.jsonl`);
      }
      await search(set.log);
    }
    for (const [id, own] of events) {
      const byRecipient = (a: LogEntry, b: LogEntry) => ((a.recipient ?? '') < (b.recipient ?? '') ? -1 : 1);
      expect([...(await search(set.log, { id }))].sort(byRecipient)).toEqual(
        entriesOf(own).sort(byRecipient),
      );
      expect(await set.log.events(id)).toEqual(own);
    }
  });

  test('a line that is repeated, torn or nonsense changes nothing', async () => {
    await using place = await newPlace();
    await using set = await startDeliveryLog(place);
    const id = newMessageId(Date.now());
    const lines = [at(0, accepted(id)), at(1, delivered(id))];
    await set.write(lines);
    const before = await search(set.log);
    await set.write([...lines, at(2, accepted(id, { recovered: true })), at(9, delivered(id))]);
    await writeFile(join(set.path, '2026-11-24.work.jsonl'), `no json\n{"kind":"accepted"}\n{"at":"2026-`);
    expect(await search(set.log)).toEqual(before);
    expect(await set.log.events(id)).toEqual(lines);
    expect(await set.log.status()).toEqual({ behindBytes: 12, problem: null, badLines: 2 });
  });

  test('what is searched for is found by each of its facts, and by all of them together', async () => {
    await using place = await newPlace();
    await using set = await startDeliveryLog(place);
    const jpa = 'jpa' as AgencyId;
    const login = { userId: 'u1' as UserId, agencyId: jpa, address: address('Puan@jpa.example') };
    const [one, two, three] = [1, 2, 3].map((n) => newMessageId(Date.UTC(2026, 10, 24) + n));
    if (!one || !two || !three) throw new Error('no ids');
    await set.write([
      at(0, accepted(one)),
      at(1, deferred(one, { recipients: [SITI], reason: '452 4.2.2 100% full_box' })),
      at(2, delivered(one, AHMAD)),
      at(10, accepted(two, { sender: login.address, login, door: 'submission' })),
      at(
        20,
        accepted(three, {
          sender: null,
          client: null,
          recipients: [{ address: SITI, agencyId: MOH }],
          parent: two,
        }),
      ),
      at(21, { kind: 'quarantined', id: three, recipient: SITI, reason: 'spam' }),
      at(30, refused({ client: { ...CLIENT, address: '2001:db8::9' } })),
      at(40, failedLogin),
    ]);
    const found = async (filter: LogFilter) =>
      (await search(set.log, filter)).map(({ id, recipient, outcome }) => [id, recipient, outcome]);
    const siti = [one, SITI, 'deferred'];
    const ahmad = [one, AHMAD, 'delivered'];
    const bounce = [three, SITI, 'quarantined'];
    const refusal = [null, 'nobody@moh.example', 'refused'];
    const cases: readonly [LogFilter, unknown[]][] = [
      [{ recipient: 'siti@MOH.example', sender: '@partner.example' }, [siti]],
      [{ recipient: 'ahmad@moh.example', outcomes: ['delivered'] }, [ahmad]],
      [{ recipient: '@moh.example', sender: '<>' }, [bounce]],
      [{ sender: 'puan@jpa.example', recipient: '@moh.example', outcomes: ['bounced'] }, []],
      [{ address: 'ALI@partner.example', recipient: 'siti@moh.example' }, [siti]],
      [{ address: 'siti@moh.example', outcomes: ['quarantined', 'deferred'] }, [bounce, siti]],
      [{ id: three }, [bounce]],
      [{ messageId: `<${one}@partner.example>`, outcomes: ['delivered'] }, [ahmad]],
      [{ messageId: `${three}@partner.example` }, [bounce]],
      [{ client: '2001:0DB8:0:0::9' }, [refusal]],
      [{ client: '::ffff:192.0.2.9', outcomes: ['deferred'] }, [siti]],
      [{ agency: jpa, recipient: 'siti@moh.example' }, [[two, SITI, 'waiting']]],
      [{ agency: MOH, outcomes: ['deferred', 'quarantined'] }, [bounce, siti]],
      [{ reason: 'spam' }, [bounce]],
      [{ text: 'FULL_box 100%' }, [siti]],
      [{ text: 'full%box' }, []],
      [{ text: 'such user' }, [refusal]],
      [{ since: Date.UTC(2026, 10, 24, 8, 0, 20), until: Date.UTC(2026, 10, 24, 8, 0, 30) }, [bounce]],
      [{ outcomes: ['login-failed'] }, [[null, null, 'login-failed']]],
      [{ outcomes: [] }, []],
    ];
    for (const [filter, expected] of cases) expect([filter, await found(filter)]).toEqual([filter, expected]);
    expect(await found({})).toHaveLength(7);
    expect(await set.log.children(two)).toEqual([three]);
  });

  test('a message that was refused is found by each of its recipients, whichever line is read first', async () => {
    await using place = await newPlace();
    await using set = await startDeliveryLog(place);
    const [spam, older] = [newMessageId(1), newMessageId(2)];
    await set.write([
      at(1, scanned(spam, 'spam')),
      at(2, refusedAtData(null)),
      at(3, refusedAtData(older, null)),
    ]);
    await search(set.log);
    await set.write([at(4, refusedAtData(spam))], '2026-11-24.receive.jsonl');
    const refusedTo = async (filter: LogFilter) =>
      (await search(set.log, { outcomes: ['refused'], ...filter })).map((entry) => [
        entry.id,
        entry.recipient,
        entry.reason,
      ]);
    const both = (to: string) => [
      [spam, to, 'spam'],
      [null, to, null],
    ];
    expect(await refusedTo({ recipient: SITI })).toEqual(both(SITI));
    expect(await refusedTo({ recipient: 'ahmad@moh.example', agency: MOH })).toEqual(both(AHMAD));
    expect(await refusedTo({ id: older })).toEqual([[older, null, null]]);
    expect((await set.log.events(spam)).map(({ kind }) => kind)).toEqual(['scanned', 'refused']);
  });

  test('a list is newest first, and is paged without gaps or repeats while new ones come', async () => {
    await using place = await newPlace();
    await using set = await startDeliveryLog(place);
    const message = (n: number, second: number) =>
      at(second, accepted(newMessageId(Date.UTC(2026, 10, 24) + n)));
    // Ten a second, two entries each.
    await set.write(Array.from({ length: 500 }, (_, n) => message(n, Math.floor(n / 10))));
    const seen: LogEntry[] = [];
    let cursor: string | undefined;
    let pages = 0;
    do {
      const page = await set.log.search({ limit: 70, address: '@moh.example', ...(cursor && { cursor }) });
      seen.push(...page.entries);
      cursor = page.next ?? undefined;
      await set.write([message(1000 + pages, 60), message(2000 + pages, 0)]);
      pages++;
    } while (cursor);
    const old = seen.filter(({ at }) => at < Date.UTC(2026, 10, 24, 8, 0, 60));
    expect(new Set(seen.map(({ id, recipient }) => `${id} ${recipient}`)).size).toBe(seen.length);
    expect(old.length).toBeGreaterThanOrEqual(1000);
    expect(seen.map(({ at }) => at)).toEqual(seen.map(({ at }) => at).sort((a, b) => b - a));
    await expect(set.log.search({ limit: 1, cursor: 'nonsense' })).rejects.toThrow(Problem);
  });

  test('a page that is picked out of tens of thousands of entries has no gaps either', async () => {
    await using place = await newPlace();
    await using set = await startDeliveryLog(place);
    const wanted = (n: number): boolean => n % 4_000 === 1;
    // All in one second, so that slices end between rows of one moment.
    const events = Array.from({ length: 24_000 }, (_, n) =>
      at(0, refused({ reply: wanted(n) ? `550 wanted ${n}` : '550 no' })),
    );
    await set.write(events);
    await waitFor('the rows', async () => ((await set.log.status()).behindBytes === 0 ? true : undefined));
    const found: LogEntry[] = [];
    for (let cursor: string | null = ''; cursor !== null; ) {
      const page: LogPage = await set.log.search({ limit: 4, text: 'WANTED', ...(cursor && { cursor }) });
      found.push(...page.entries);
      cursor = page.next;
    }
    expect(found.map(({ reply }) => reply)).toEqual(
      [20_001, 16_001, 12_001, 8_001, 4_001, 1].map((n) => `550 wanted ${n}`),
    );
  });

  test('rows that are thrown away are made again from the lines', async () => {
    await using place = await newPlace();
    await using set = await startDeliveryLog(place);
    const id = newMessageId(Date.now());
    await set.write([at(0, accepted(id)), at(1, delivered(id))]);
    const before = await search(set.log);
    const db = await openTraceDatabase<TraceSchema>(set.database);
    for (const table of ['entries', 'events', 'files'] as const) await db.deleteFrom(table).execute();
    await db.destroy();
    await using again = await set.open();
    expect(await search(again)).toEqual(before);
  });

  test('what is old goes, and what is not finished, or not read, stays', async () => {
    const clock = { ...systemClock, now: () => Date.UTC(2026, 11, 24, 8) };
    await using place = await newPlace();
    await using set = await startDeliveryLog(place, { clock });
    const [ended, half, waiting] = [1, 2, 3].map((n) => newMessageId(Date.UTC(2026, 10, 24) + n));
    if (!ended || !half || !waiting) throw new Error('no ids');
    const late = 29 * 86_400;
    await set.write([
      ...[accepted(ended), delivered(ended), delivered(ended, AHMAD), accepted(half), delivered(half)].map(
        (event, n) => at(n, event),
      ),
      at(6, refused()),
      at(7, accepted(waiting)),
      at(8, delivered(waiting, ALI)),
      at(8, scanned(newMessageId(4))),
    ]);
    await set.write([at(late, refused())], '2026-12-23.main.jsonl');
    await set.write([at(9, failedLogin)], '2026-11-23.work.jsonl');
    await search(set.log);
    await using pruning = await set.open({ keepMs: () => 20 * DAY });
    await waitFor('the old file to go', async () =>
      (await readdir(set.path)).length === 1 ? true : undefined,
    );
    const left = (await search(pruning)).map(({ id, outcome }) => `${id} ${outcome}`).sort();
    const [h, w] = [half, waiting];
    expect(left).toEqual(
      [
        'null refused',
        `${h} delivered`,
        `${h} waiting`,
        `${w} delivered`,
        `${w} waiting`,
        `${w} waiting`,
      ].sort(),
    );
    expect(await pruning.events(ended)).toEqual([]);
    expect(await pruning.events(half)).toHaveLength(2);
    const db = await openTraceDatabase<TraceSchema>(set.database);
    expect(await db.selectFrom('events').select('event').execute()).toHaveLength(5);
    expect(await db.selectFrom('files').select('name').execute()).toEqual([
      { name: '2026-12-23.main.jsonl' },
    ]);
    await db.destroy();
  });

  test('hundreds of old messages go in batches, past those that must stay', async () => {
    const clock = { ...systemClock, now: () => Date.UTC(2027, 10, 24, 8) };
    await using place = await newPlace();
    await using set = await startDeliveryLog(place, { clock, keepMs: () => 900 * DAY });
    const waiting = Array.from({ length: 400 }, (_, n) => newMessageId(n));
    const ended = Array.from({ length: 700 }, (_, n) => newMessageId(1000 + n));
    const events: TraceEvent[] = [
      ...waiting.map((id) => accepted(id)),
      ...ended.flatMap((id) => [delivered(id), refused()]),
    ];
    await set.write(events.map((event, n) => at(n, event)));
    await search(set.log);
    await using pruning = await set.open({ keepMs: () => DAY });
    await waitFor('the old file to go', async () =>
      (await readdir(set.path)).length === 0 ? true : undefined,
    );
    const { entries } = await pruning.search({ limit: 1000 });
    expect(entries.every(({ outcome }) => outcome === 'waiting')).toBe(true);
    expect(entries).toHaveLength(800);
  });

  test('a message to a thousand people is a thousand entries, each with its own end', async () => {
    await using place = await newPlace();
    await using set = await startDeliveryLog(place);
    const id = newMessageId(Date.now());
    const people = Array.from({ length: 1000 }, (_, n) => address(`person${n}@moh.example`));
    await set.write([
      at(0, accepted(id, { recipients: people.map((one) => ({ address: one, agencyId: MOH })) })),
    ]);
    expect(await search(set.log, { id, outcomes: ['waiting'] })).toHaveLength(1000);
    await set.write(people.map((person, n) => at(1 + n, delivered(id, person))));
    expect(await search(set.log, { id, outcomes: ['delivered'] })).toHaveLength(1000);
    expect(await search(set.log, { recipient: 'person999@moh.example' })).toHaveLength(1);
  });
});

test('a SQLite file that cannot be opened is one line at the start', async () => {
  await using place = await sqlitePlace();
  const { database } = place;
  await mkdir(database.kind === 'sqlite' ? database.file : '');
  const opening = startDeliveryLog(place);
  await expect(opening).rejects.toThrow(Problem);
  await expect(opening).rejects.toThrow(/trace\.db/);
});
