import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
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
import type { MessageId } from '../mail/message-id.ts';
import type { Spool } from './spool.ts';

const JOURNAL = 'segments/000000000001.main.log';
const one = recipientAddress(1);
const two = recipientAddress(2);
const deferral = {
  stage: 'deliver',
  recipients: [two],
  attempt: 3,
  nextTryAt: 9,
  reason: '451 later',
} as const;

/** Four messages in a segment; all but the last are finished, and that one waits for its second recipient. */
async function sparse(spool: Spool): Promise<MessageId> {
  const stored = await Promise.all([1, 2, 3, 4].map(() => store(spool, 20_000, { recipients: 2 })));
  const last = stored.at(-1);
  if (!last) throw new Error('nothing stored');
  await spool.defer(last.id, deferral);
  await spool.settle(last.id, one, DELIVERED);
  for (const { id } of stored.slice(0, -1)) await spool.refuse(id);
  return last.id;
}

const names = (root: string, folder: string): string[] => readdirSync(join(root, folder)).sort();

test('a waiting message gets a file of its own, with its state, and its segment goes', async () => {
  await using folder = await tempFolder();
  const first = await openSpool(folder.path, { clock: fastClock });
  const id = await sparse(first.spool);
  await waitFor(
    'the segment to go',
    () => (names(folder.path, 'segments').length === 0 ? true : undefined),
    20_000,
  );
  expect(names(folder.path, 'single')).toEqual([`${id}.main.log`, `${id}.msg`]);
  await first.spool[Symbol.asyncDispose]();

  const { spool } = await openSpool(folder.path);
  await using _ = spool;
  expect(spool.get(id)?.recipients).toMatchObject([
    { outcome: DELIVERED, attempts: 0 },
    { outcome: null, attempts: 3, nextTryAt: 9, reason: '451 later' },
  ]);
  expect(await contentIn(spool, id)).toEqual(contentOf(id, 20_000));
  await spool.settle(id, two, DELIVERED);
  await waitFor(
    'the file to go',
    () => (names(folder.path, 'single').length === 0 ? true : undefined),
    20_000,
  );
});

test('the move is synced, and noted as such, before the old place is given up', async () => {
  await using folder = await tempFolder();
  const files = watchFiles(folder.path);
  await using spool = (await openSpool(folder.path, { clock: fastClock, files })).spool;
  const id = await sparse(spool);
  await waitFor(
    'the segment to go',
    () => (names(folder.path, 'segments').length === 0 ? true : undefined),
    20_000,
  );
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
  const id = await sparse(first.spool);
  await waitFor('three tries', () => (refused >= 3 ? true : undefined), 20_000);
  expect(names(folder.path, 'segments')).toContain('000000000001.seg');
  await first.spool[Symbol.asyncDispose]();
  const { spool } = await openSpool(folder.path);
  await using _ = spool;
  expect([names(folder.path, 'single'), await contentIn(spool, id)]).toEqual([[], contentOf(id, 20_000)]);
});

test('a message that moved and finished does not come back from its old segment', async () => {
  await using folder = await tempFolder();
  const files = watchFiles(folder.path);
  const first = await openSpool(folder.path, { clock: fastClock, files });
  const stored = await Promise.all([1, 2, 3, 4, 5, 6].map(() => store(first.spool, 20_000)));
  const [moved, stays, ...others] = stored.map(({ id }) => id);
  if (moved === undefined || stays === undefined) throw new Error('nothing stored');
  files.fault = (step) => (step === `sync single/${stays}.tmp` ? systemError('EIO') : undefined);
  for (const id of others) await first.spool.refuse(id);
  await waitFor(
    'the move',
    () => (names(folder.path, 'single').includes(`${moved}.msg`) ? true : undefined),
    20_000,
  );
  await waitFor(
    'the note of the move',
    () => (readFileSync(join(folder.path, JOURNAL), 'utf8').includes('moved') ? true : undefined),
    20_000,
  );
  await first.spool.settle(moved, one, DELIVERED);
  await first.spool[Symbol.asyncDispose]();
  expect(names(folder.path, 'single')).toEqual([]);

  const { spool, recovered } = await openSpool(folder.path);
  await using _ = spool;
  expect(recovered.map(({ envelope }) => envelope.id)).toEqual([stays]);
});

test('a message that finishes or changes during its move stays so', async () => {
  for (const recipient of [two, one]) {
    await using folder = await tempFolder();
    const files = watchFiles(folder.path);
    const first = await openSpool(folder.path, { clock: fastClock, files });
    const moving = Promise.withResolvers<void>();
    files.fault = (step) => void (step.startsWith('rename single/') && moving.resolve());
    const stored = await Promise.all([1, 2, 3].map(() => store(first.spool, 20_000, { recipients: 2 })));
    const [{ id } = {}, ...others] = stored;
    if (id === undefined) throw new Error('nothing stored');
    if (recipient === two) await first.spool.settle(id, one, DELIVERED);
    for (const other of others) await first.spool.refuse(other.id);
    await moving.promise;
    await first.spool.settle(id, recipient, DELIVERED);
    await first.spool[Symbol.asyncDispose]();
    const { spool } = await openSpool(folder.path);
    await using _ = spool;
    const expected = recipient === two ? undefined : [DELIVERED, null];
    expect(spool.get(id)?.recipients.map(({ outcome }) => outcome)).toEqual(expected);
  }
});
