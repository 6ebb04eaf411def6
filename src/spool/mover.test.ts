import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { verdict } from '../../test/support/messages.ts';
import {
  contentIn,
  contentOf,
  DELIVERED,
  fastClock,
  openSpool,
  recipientAddress,
  store,
} from '../../test/support/spooling.ts';
import { tempFolder } from '../../test/support/temp-folder.ts';
import { waitFor } from '../../test/support/wait-for.ts';
import { systemError, watchFiles } from '../../test/support/watched-files.ts';
import { systemClock } from '../lib/clock.ts';
import type { MessageId } from '../mail/message-id.ts';
import type { Spool } from './spool.ts';

const JOURNAL = 'segments/000000000001.main.log';
const one = recipientAddress(1);
const two = recipientAddress(2);
const CLEAN = verdict('clean');

/** The second recipient waits for an hour. */
const deferral = {
  stage: 'deliver',
  recipients: [two],
  attempt: 3,
  nextTryAt: Date.now() + 3_600_000,
  reason: '451 later',
} as const;

/** So many messages to two recipients, in one segment that is sealed. */
async function storeAll(spool: Spool, count: number): Promise<MessageId[]> {
  const stored = await Promise.all(
    Array.from({ length: count }, () => store(spool, 20_000, { recipients: 2 })),
  );
  return stored.map(({ id }) => id);
}

/** Waits for its second recipient. */
async function postpone(spool: Spool, id: MessageId): Promise<void> {
  await spool.setVerdict(id, CLEAN);
  await spool.settle(id, one, DELIVERED);
  await spool.defer(id, deferral);
}

const names = (root: string, folder: string): string[] => readdirSync(join(root, folder)).sort();
const until = (what: string, come: () => boolean): Promise<true> =>
  waitFor(what, () => (come() ? true : undefined), 20_000);
const noSegment = (root: string): Promise<true> =>
  until('the segment to go', () => names(root, 'segments').length === 0);

test('a waiting message gets a file of its own, with its state, and its segment goes', async () => {
  await using folder = await tempFolder();
  const first = await openSpool(folder.path, { clock: fastClock });
  const [id, finished] = await storeAll(first.spool, 2);
  if (!id || !finished) throw new Error('nothing stored');
  await first.spool.hold(id, true);
  await postpone(first.spool, id);
  await first.spool.refuse(finished);
  await noSegment(folder.path);
  expect(names(folder.path, 'single')).toEqual([`${id}.main.log`, `${id}.msg`]);
  await first.spool[Symbol.asyncDispose]();

  const { spool } = await openSpool(folder.path);
  await using _ = spool;
  expect(spool.get(id)).toMatchObject({
    verdict: CLEAN,
    held: true,
    recipients: [
      { outcome: DELIVERED, attempts: 0 },
      { outcome: null, attempts: 3, nextTryAt: deferral.nextTryAt, reason: '451 later' },
    ],
  });
  expect(await contentIn(spool, id)).toEqual(contentOf(id, 20_000));
  expect(spool.place(id)).toMatchObject({ path: join(folder.path, `single/${id}.msg`), offset: 0 });
  await spool.settle(id, two, DELIVERED);
  await until('the file to go', () => names(folder.path, 'single').length === 0);
});

test('all of a segment moves when all of it waits, whether deferred, held or not scanned', async () => {
  await using folder = await tempFolder();
  await using spool = (await openSpool(folder.path, { clock: fastClock })).spool;
  const [deferred, held, unscanned] = await storeAll(spool, 3);
  if (!deferred || !held || !unscanned) throw new Error('nothing stored');
  await postpone(spool, deferred);
  await spool.hold(held, true);
  await spool.defer(unscanned, { ...deferral, stage: 'scan', recipients: [] });
  await noSegment(folder.path);
  expect(names(folder.path, 'single').filter((name) => name.endsWith('.msg')).length).toBe(3);
});

test('what is in flight or due soon is not copied, nor what was noted of a moment ago', async () => {
  await using folder = await tempFolder();
  const files = watchFiles(folder.path);
  const moverPace = { sweepMs: 1, quietMs: 100, farMs: 30_000 };
  const elapsed = { ms: 0 };
  const clock = { ...systemClock, elapsedMs: () => elapsed.ms };
  await using spool = (await openSpool(folder.path, { files, clock, moverPace, settings: { segmentMs: 1 } }))
    .spool;
  const [fresh, soon, waits] = await storeAll(spool, 3);
  if (!fresh || !soon || !waits) throw new Error('nothing stored');
  await until('the segment to be sealed', () => spool.status.segments === 1);
  await spool.setVerdict(soon, CLEAN);
  await spool.defer(soon, { ...deferral, recipients: [one, two], nextTryAt: Date.now() + 20_000 });
  await postpone(spool, waits);
  // Nothing has rested yet; then all have, but for one of which something is noted.
  elapsed.ms = 99;
  const last = (await storeAll(spool, 1))[0];
  if (!last) throw new Error('nothing stored');
  await postpone(spool, last);
  elapsed.ms = 100;
  await until('the move', () => names(folder.path, 'single').includes(`${waits}.msg`));
  expect(names(folder.path, 'single').filter((name) => name.endsWith('.msg'))).toEqual([`${waits}.msg`]);
  elapsed.ms = 199;
  await until('the other move', () => names(folder.path, 'single').includes(`${last}.msg`));
  expect(files.steps.filter((step) => step.startsWith('create single/')).length).toBe(2);
  expect(spool.place(soon)?.path).toBe(join(folder.path, 'segments/000000000001.seg'));
});

test('so many move in a sweep and no more, and those of the emptiest segment first', async () => {
  await using folder = await tempFolder();
  const turn = Promise.withResolvers<void>();
  const sleeps: (() => void)[] = [];
  const clock = {
    ...fastClock,
    // Only the mover sleeps for so long; it is let go sweep by sweep.
    sleep: (ms: number, signal?: AbortSignal) =>
      ms === 77
        ? new Promise<void>((resolve) => {
            sleeps.push(resolve);
            signal?.addEventListener('abort', () => resolve(), { once: true });
            turn.resolve();
          })
        : systemClock.sleep(ms, signal),
  };
  const settings = { segmentBytes: 100_000 };
  const moverPace = { sweepMs: 77, most: 3 };
  await using spool = (await openSpool(folder.path, { clock, moverPace, settings })).spool;
  const full = await storeAll(spool, 6);
  const sparse = await storeAll(spool, 6);
  for (const id of sparse.slice(2)) await spool.refuse(id);
  for (const id of [...full, ...sparse.slice(0, 2)]) await postpone(spool, id);
  await turn.promise;
  const moved = (): string[] => names(folder.path, 'single').filter((name) => name.endsWith('.msg'));
  for (const count of [3, 6, 8]) {
    sleeps.shift()?.();
    await until('the next sweep', () => sleeps.length === 1);
    expect(moved().length).toBe(count);
    for (const id of sparse.slice(0, 2)) expect(moved()).toContain(`${id}.msg`);
  }
  await noSegment(folder.path);
});

test('the move is synced, and noted as such, before the old place is given up', async () => {
  await using folder = await tempFolder();
  const files = watchFiles(folder.path);
  await using spool = (await openSpool(folder.path, { clock: fastClock, files })).spool;
  const [id] = await storeAll(spool, 1);
  if (!id) throw new Error('nothing stored');
  await postpone(spool, id);
  await noSegment(folder.path);
  const order = [
    `sync single/${id}.main.log`,
    `sync single/${id}.tmp`,
    `rename single/${id}.tmp single/${id}.msg`,
    'sync single/',
    'sync segments/000000000001.main.log',
    'unlink segments/000000000001.seg',
  ];
  const places = order.map((step) => files.steps.indexOf(step));
  expect(places).not.toContain(-1);
  expect(places).toEqual([...places].sort((a, b) => a - b));
});

test('a move that fails leaves the message where it is', async () => {
  await using folder = await tempFolder();
  const files = watchFiles(folder.path);
  let refused = 0;
  files.fault = (step) => (/^sync single\/m.*tmp/.test(step) && ++refused ? systemError('EIO') : undefined);
  const first = await openSpool(folder.path, { clock: fastClock, files });
  const [id] = await storeAll(first.spool, 1);
  if (!id) throw new Error('nothing stored');
  await postpone(first.spool, id);
  await until('three tries', () => refused >= 3);
  expect(names(folder.path, 'segments')).toContain('000000000001.seg');
  await first.spool[Symbol.asyncDispose]();
  const { spool } = await openSpool(folder.path);
  await using _ = spool;
  expect([names(folder.path, 'single'), await contentIn(spool, id)]).toEqual([[], contentOf(id, 20_000)]);
});

test('damage that a move finds is parked, and holds nothing else up', async () => {
  await using folder = await tempFolder();
  await using spool = (await openSpool(folder.path, { clock: fastClock })).spool;
  const ids = await storeAll(spool, 3);
  const [damaged] = ids;
  if (!damaged) throw new Error('nothing stored');
  const { path, offset } = spool.place(damaged) ?? { path: '', offset: 0 };
  const bytes = readFileSync(path);
  bytes.fill('x', offset + 5, offset + 9);
  writeFileSync(path, bytes);
  for (const id of ids) await postpone(spool, id);
  await noSegment(folder.path);
  expect(spool.status).toMatchObject({ messages: 2, parked: 1 });
});

test('a message that moved and finished does not come back from its old segment', async () => {
  await using folder = await tempFolder();
  const first = await openSpool(folder.path, { clock: fastClock });
  const [moved, stays] = await storeAll(first.spool, 2);
  if (moved === undefined || stays === undefined) throw new Error('nothing stored');
  await postpone(first.spool, moved);
  await until('the move', () => names(folder.path, 'single').includes(`${moved}.msg`));
  await until('its note', () => readFileSync(join(folder.path, JOURNAL), 'utf8').includes('moved'));
  await first.spool.settle(moved, two, DELIVERED);
  await first.spool[Symbol.asyncDispose]();
  expect(names(folder.path, 'single')).toEqual([]);

  const { spool, recovered } = await openSpool(folder.path);
  await using _ = spool;
  expect(recovered.map(({ envelope }) => envelope.id)).toEqual([stays]);
});

test('what is noted of a message during its move holds, and what is asked of a held one waits for the move', async () => {
  for (const change of ['settled', 'deferred', 'held'] as const) {
    await using folder = await tempFolder();
    const files = watchFiles(folder.path);
    const first = await openSpool(folder.path, { clock: fastClock, files });
    const moving = Promise.withResolvers<void>();
    files.fault = (step) => void (step.startsWith('rename single/') && moving.resolve());
    const [id] = await storeAll(first.spool, 1);
    if (!id) throw new Error('nothing stored');
    await postpone(first.spool, id);
    await moving.promise;
    if (change === 'settled') await first.spool.settle(id, two, DELIVERED);
    if (change === 'deferred') await first.spool.defer(id, { ...deferral, attempt: 4 });
    if (change === 'held') {
      await first.spool.hold(id, true);
      expect(files.steps.lastIndexOf(`sync single/${id}.main.log`)).toBeGreaterThan(
        files.steps.indexOf(`sync ${JOURNAL}`),
      );
    }
    await first.spool[Symbol.asyncDispose]();
    const { spool } = await openSpool(folder.path);
    await using _ = spool;
    const message = spool.get(id);
    if (change === 'settled') expect(message).toBeUndefined();
    if (change === 'deferred') expect(message?.recipients[1]?.attempts).toBe(4);
    if (change === 'held') expect(message?.held).toBe(true);
  }
});

test('a reader whose message moves away under it gets the content', async () => {
  await using folder = await tempFolder();
  const files = watchFiles(folder.path);
  // Without the cache of recent messages, and with a pause before the file is opened.
  const gate = Promise.withResolvers<void>();
  let waitsAt = '';
  const openForReading: typeof files.openForReading = async (path) => {
    if (path.endsWith('.seg') && waitsAt === '') {
      waitsAt = path;
      await gate.promise;
    }
    return files.openForReading(path);
  };
  const stored = await openSpool(folder.path);
  const [id] = await storeAll(stored.spool, 1);
  if (!id) throw new Error('nothing stored');
  await postpone(stored.spool, id);
  await stored.spool[Symbol.asyncDispose]();
  const slowFiles = { ...files, openForReading };
  await using spool = (await openSpool(folder.path, { clock: fastClock, files: slowFiles })).spool;
  const read = contentIn(spool, id);
  await noSegment(folder.path);
  gate.resolve();
  expect(await read).toEqual(contentOf(id, 20_000));
});
