/**
 * A spool that is copied while it works: messages come, wait, move, are quarantined, released and bounced. Whatever was
 * accepted before a copy began must be in it, or be finished with all that followed from it.
 */
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { DELIVERED, fastClock, openSpool, recipientAddress, store } from '../../test/support/spooling.ts';
import { tempFolder } from '../../test/support/temp-folder.ts';
import type { MessageId } from '../mail/message-id.ts';
import type { Spool } from '../spool/spool.ts';
import { createCopier } from './copy.ts';
import { copyMail } from './copy-spool.ts';

type Followers = MessageId | 'quarantine' | 'delivered';

interface Life {
  /** Accepted and unfinished. */
  readonly waiting: Set<MessageId>;
  /** In quarantine. */
  readonly kept: Set<MessageId>;
  /** Finished ones, and what followed. */
  readonly after: Map<MessageId, Followers>;
}

const COPIES = 10;
/** More would only make each copy longer. */
const MOST_WAITING = 90;
/** In this test spool and copy share a thread: every few files the spool goes on. */
const turn = async (): Promise<void> => {
  copied++;
  if (copied % 3 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
};
let copied = 0;
const LARGE_BYTES = 300 * 1024;

async function accept(spool: Spool, life: Life, sizeBytes: number): Promise<MessageId> {
  const { id, result } = await store(spool, sizeBytes);
  expect(result).toEqual({ kind: 'stored' });
  life.waiting.add(id);
  return id;
}

async function finish(spool: Spool, life: Life, id: MessageId, after: Followers): Promise<void> {
  life.waiting.delete(id);
  life.after.set(id, after);
  await spool.settle(id, recipientAddress(1), DELIVERED);
}

function keep(data: string, life: Life, id: MessageId): void {
  const draft = join(data, 'quarantine', `.new-${id}`);
  mkdirSync(draft);
  for (const name of ['message.eml', 'facts.json']) writeFileSync(join(draft, name), id);
  renameSync(draft, join(data, 'quarantine', id));
  life.kept.add(id);
}

/** One step of a message's way, as the stages take it: what follows first, then the note. */
async function step(spool: Spool, data: string, life: Life, turn: number): Promise<void> {
  const oldest = [...life.waiting];
  for (const extra of oldest.slice(MOST_WAITING)) await finish(spool, life, extra, 'delivered');
  await accept(spool, life, turn % 7 === 0 ? LARGE_BYTES : 2000 + (turn % 50) * 400);
  const id = oldest[turn % 5] ?? oldest[0];
  if (id === undefined || oldest.length < 60) return;
  if (turn % 4 === 0) {
    const deferral = { stage: 'deliver' as const, attempt: 1, nextTryAt: Date.now() + 1e9, reason: 'full' };
    return spool.defer(oldest[30] ?? id, { ...deferral, recipients: [recipientAddress(1)] });
  }
  if (turn % 4 === 1) return finish(spool, life, id, await accept(spool, life, 900));
  if (turn % 4 === 2) {
    keep(data, life, id);
    return finish(spool, life, id, 'quarantine');
  }
  await finish(spool, life, id, 'delivered');
  const [released] = life.kept;
  if (released === undefined) return;
  life.after.set(released, await accept(spool, life, 700));
  life.kept.delete(released);
  const gone = join(data, 'quarantine', `.gone-${released}`);
  renameSync(join(data, 'quarantine', released), gone);
  rmSync(gone, { recursive: true });
}

/** Whether the message, or all that followed from it, is there: in spool or quarantine of the copy, or delivered. */
function accounted(id: MessageId, there: ReadonlySet<string>, life: Life): boolean {
  if (there.has(id)) return true;
  const next = life.after.get(id);
  if (next === undefined) return false;
  return next === 'delivered' || (next !== 'quarantine' && accounted(next, there, life));
}

test('a copy of a spool at work has every message that was accepted before it, whatever becomes of it meanwhile', async () => {
  await using folder = await tempFolder();
  const data = join(folder.path, 'data');
  mkdirSync(join(data, 'quarantine'), { recursive: true });
  const { spool } = await openSpool(join(data, 'spool'), {
    clock: fastClock,
    settings: { segmentBytes: 64 * 1024, smallMessageBytes: 64 * 1024 },
  });
  const life: Life = { waiting: new Set(), kept: new Set(), after: new Map() };
  let over = false;
  const working = (async () => {
    for (let turn = 1; !over; turn++) await step(spool, data, life, turn);
  })();
  for (let number = 1; number <= COPIES; number++) {
    while (life.waiting.size < 60) await new Promise((resolve) => setTimeout(resolve, 5));
    const before = [...life.waiting, ...life.kept];
    const to = join(folder.path, `copy-${number}`);
    const copier = createCopier({ to, turn, copied: () => {} });
    await copyMail(data, copier);

    const { spool: copy } = await openSpool(join(to, 'spool'));
    const kept = [...copier.files.keys()].filter((path) => path.endsWith('facts.json'));
    const there = new Set([
      ...[...copy.list()].map(({ envelope }) => envelope.id),
      ...kept.map((path) => path.split('/')[1] ?? ''),
    ]);
    expect(before.filter((id) => !accounted(id, there, life))).toEqual([]);
    expect(copy.status.parked).toBe(0);
    await copy[Symbol.asyncDispose]();
    rmSync(to, { recursive: true });
  }
  over = true;
  await working;
  await spool[Symbol.asyncDispose]();
  // Else the copies were of a spool in which nothing happened.
  expect(life.after.size).toBeGreaterThan(50);
});
