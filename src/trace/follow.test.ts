/** A follower gets every event that fits, once, at its own speed; what is missing is said. */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { AHMAD, ALI, accepted, at, delivered, refused, SITI, scanned } from '../../test/support/events.ts';
import { tempFolder } from '../../test/support/temp-folder.ts';
import { systemClock } from '../lib/clock.ts';
import { silentLog } from '../lib/log.ts';
import { newMessageId } from '../mail/message-id.ts';
import { openDeliveryLog } from './delivery-log.ts';
import type { RecordedEvent, Trace, TraceEvent } from './events.ts';
import type { FollowNotice, LogFilter } from './log.ts';
import { createTrace } from './recorder.ts';

type Followed = RecordedEvent | FollowNotice;

async function start() {
  const resources = new AsyncDisposableStack();
  const folder = resources.use(await tempFolder());
  const base = { folder: folder.path, timezone: 'UTC', clock: systemClock, log: silentLog };
  const database = { kind: 'sqlite', file: join(folder.path, 'trace.db') } as const;
  const log = resources.use(await openDeliveryLog({ ...base, database, keepMs: () => 1e10 }));
  const writer = async (name: string): Promise<Trace> =>
    resources.use(await createTrace({ ...base, writer: name }));
  return {
    log,
    writer,
    path: join(folder.path, 'delivery'),
    follow(filter: LogFilter = {}, last = 0) {
      const leave = new AbortController();
      const stream = log.follow(filter, last, leave.signal)[Symbol.asyncIterator]();
      resources.defer(() => leave.abort());
      return { leave, next: (count: number) => take(stream, count), stream };
    },
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}

async function take(stream: AsyncIterator<Followed>, count: number): Promise<Followed[]> {
  const taken: Followed[] = [];
  while (taken.length < count) {
    const { value, done } = await stream.next();
    if (done) break;
    taken.push(value);
  }
  return taken;
}

const brief = (followed: readonly Followed[]): string[] =>
  followed.map((one) => ('notice' in one ? one.notice : `${one.kind} ${one.id}`));

const newId = (): ReturnType<typeof newMessageId> => newMessageId(Date.now());

async function recordAll(trace: Trace, events: readonly TraceEvent[]): Promise<void> {
  for (const event of events) trace.record(event);
  await trace.flush();
}

test('the last events come first, then the new ones of all writers, each once', async () => {
  await using set = await start();
  const [receive, work] = [await set.writer('receive'), await set.writer('work')];
  const [one, two, three] = [newId(), newId(), newId()];
  await recordAll(receive, [accepted(one)]);
  await systemClock.sleep(2);
  await recordAll(work, [scanned(one), delivered(one)]);
  const { next } = set.follow({}, 2);
  expect(brief(await next(2))).toEqual([`scanned ${one}`, `delivered ${one}`]);
  await recordAll(receive, [accepted(two), accepted(two)]);
  await recordAll(receive, [accepted(two, { recovered: true })]);
  await recordAll(receive, [accepted(three)]);
  expect(brief(await next(2))).toEqual([`accepted ${two}`, `accepted ${three}`]);
  await recordAll(work, [delivered(two)]);
  expect(brief(await next(1))).toEqual([`delivered ${two}`]);
});

test('a message of long ago that is found in the spool at a start is not told again', async () => {
  await using set = await start();
  const trace = await set.writer('main');
  const [old, young] = [newId(), newId()];
  await recordAll(trace, [accepted(old)]);
  await set.log.events(old);
  const { next } = set.follow();
  const first = next(1);
  await recordAll(trace, [accepted(old, { recovered: true }), accepted(young, { recovered: true })]);
  expect(brief(await first)).toEqual([`accepted ${young}`]);
});

test('it ends when the reader leaves', async () => {
  await using set = await start();
  const { leave, next } = set.follow();
  const first = next(1);
  leave.abort();
  expect(await first).toEqual([]);
});

test('an event without a sender of its own is filtered by that of its message, whichever line comes first', async () => {
  await using set = await start();
  const [receive, work] = [await set.writer('receive'), await set.writer('work')];
  const [before, late, other] = [newId(), newId(), newId()];
  await recordAll(receive, [accepted(before)]);
  const { next } = set.follow({ sender: ALI });
  const found = next(5);
  await recordAll(work, [scanned(late), delivered(other), delivered(before)]);
  // Looked at, and asked of the rows, before the receiver says more.
  await set.log.events(before);
  await recordAll(receive, [accepted(other, { sender: SITI }), accepted(late)]);
  await recordAll(work, [delivered(late, AHMAD)]);
  const refusal = newId();
  await recordAll(work, [scanned(refusal, 'spam'), scanned(newId())]);
  await recordAll(receive, [refused({ id: refusal, recipient: null, command: 'DATA', sender: SITI })]);
  await recordAll(receive, [refused()]);
  const names = [
    `delivered ${before}`,
    `accepted ${late}`,
    `scanned ${late}`,
    `delivered ${late}`,
    'refused null',
  ];
  expect(brief(await found).sort()).toEqual(names.sort());
});

test('filters by agency, client and Message-ID know the message, too', async () => {
  await using set = await start();
  const trace = await set.writer('main');
  const [one, two] = [newId(), newId()];
  await recordAll(trace, [accepted(one), accepted(two, { client: null, sender: null })]);
  const byId = set.follow({ messageId: `${one}@partner.example` });
  const byClient = set.follow({ client: '192.0.2.9' });
  const found = Promise.all([byId.next(1), byClient.next(1)]);
  await recordAll(trace, [delivered(two), delivered(one)]);
  for (const each of await found) expect(brief(each)).toEqual([`delivered ${one}`]);
});

test('a reader that is slow loses nothing at 500 messages a second', async () => {
  await using set = await start();
  const [receive, work] = [await set.writer('receive'), await set.writer('work')];
  const { stream } = set.follow({ recipient: '@moh.example' });
  const messages = 2_000;
  const writing = (async () => {
    for (let sent = 0; sent < messages; sent += 25) {
      for (let n = 0; n < 25; n++) {
        const id = newId();
        receive.record(accepted(id));
        work.record(delivered(id));
      }
      await systemClock.sleep(50);
    }
  })();
  const seen = new Set<string>();
  while (seen.size < 2 * messages) {
    const { value } = await stream.next();
    if ('notice' in value) throw new Error(value.notice);
    if (seen.has(value.event)) throw new Error(`${value.event} came twice`);
    seen.add(value.event);
    // It falls far behind the writers.
    if (seen.size % 500 === 0) await systemClock.sleep(600);
  }
  await writing;
});

test('lines that are no events, and files that are gone unread, are said', async () => {
  await using set = await start();
  await mkdir(set.path, { recursive: true });
  const lines = (from: number, count: number): string =>
    Array.from(
      { length: count },
      (_, n) => `${JSON.stringify(at(from + n, delivered(newMessageId(n))))}\n`,
    ).join('');
  const { next } = set.follow();
  await writeFile(join(set.path, '2026-11-22.main.jsonl'), `nonsense\n${lines(0, 1)}`);
  const count = 5_000;
  await writeFile(join(set.path, '2026-11-23.main.jsonl'), lines(1, count));
  const [nonsense] = brief(await next(12));
  expect(nonsense).toBe('2026-11-22.main.jsonl: 1 lines that are no events are left out');
  await rm(join(set.path, '2026-11-23.main.jsonl'));
  await writeFile(join(set.path, '2026-11-24.main.jsonl'), lines(count + 1, 1));
  let rest = 0;
  let [one] = await next(1);
  for (; one && !('notice' in one); [one] = await next(1)) rest++;
  expect(one).toMatchObject({ notice: expect.stringMatching(/^2026-11-23\.main\.jsonl was deleted/) });
  expect(rest).toBeLessThan(count - 10);
  expect(brief(await next(1))).toHaveLength(1);
});
