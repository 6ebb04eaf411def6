/**
 * P1 and P2 for receiver and worker in processes of their own: either is killed (kill -9), at every instant that a worker
 * has a name for and at random, and every message that was taken is delivered: once, or twice where a crash lay between.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import { Away } from '../../src/lib/problem.ts';
import type { ControlLink } from '../../src/link/receiver.ts';
import { type MessageId, newMessageId } from '../../src/mail/message-id.ts';
import { WORK_CRASH_POINTS } from '../../src/queue/crash-points.ts';
import { openTestLink } from '../support/linking.ts';
import { startRedis } from '../support/private-redis.ts';
import { contentOf, envelopeFor } from '../support/spooling.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { waitFor } from '../support/wait-for.ts';

const SCRIPT = join(import.meta.dirname, 'link-process.ts');
const SIZE_BYTES = 2_000;

async function setUp() {
  await using made = new AsyncDisposableStack();
  const folder = made.use(await tempFolder());
  made.use(startRedis(folder.path));
  const link = made.use(await openTestLink(folder.path, { roles: ['api'], wait: false }));
  const delivered = (): Map<string, number> => {
    const copies = new Map<string, number>();
    for (const id of mailbox(folder.path)) copies.set(id, (copies.get(id) ?? 0) + 1);
    return copies;
  };
  const drained = () =>
    waitFor('an empty queue', async () =>
      (await link.control.queue.list({}, 0)).total === 0 ? true : undefined,
    );
  const all = made.move();
  const run = (role: 'receiver' | 'worker', crashAt = ''): ChildProcess => {
    const env = { ...process.env, GEGANTI_CRASH_AT: crashAt };
    const child = spawn(process.execPath, [SCRIPT, role, folder.path], { env, stdio: 'inherit' });
    all.defer(() => kill(child));
    return child;
  };
  return { link, run, delivered, drained, [Symbol.asyncDispose]: () => all.disposeAsync() };
}

function mailbox(folder: string): string[] {
  try {
    return readFileSync(join(folder, 'mailbox'), 'utf8').split('\n').slice(0, -1);
  } catch {
    return [];
  }
}

function ended(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) resolve();
    else child.once('exit', () => resolve());
  });
}

async function kill(child: ChildProcess): Promise<void> {
  child.kill('SIGKILL');
  await ended(child);
}

async function put({ enter }: ControlLink): Promise<MessageId> {
  const id = newMessageId(Date.now());
  const content = Readable.from([contentOf(id, SIZE_BYTES)], { objectMode: false });
  expect(await enter(envelopeFor(id, SIZE_BYTES), content)).toEqual({ kind: 'stored' });
  return id;
}

/** Mail whose receiver dies before its answer counts for nothing. */
async function load(control: ControlLink, count: number, stored: MessageId[]): Promise<void> {
  const one = async (): Promise<void> => {
    try {
      stored.push(await put(control));
    } catch (error) {
      if (!(error instanceof Away)) throw error;
    }
  };
  await Promise.all(Array.from({ length: count }, one));
}

for (const point of WORK_CRASH_POINTS) {
  test(`a worker killed at ${point}: the next one has its messages at once, and nobody is left out`, async () => {
    await using set = await setUp();
    set.run('receiver');
    await set.link.whenConnected();
    const ids = await Promise.all(Array.from({ length: 40 }, () => put(set.link.control)));
    const worker = set.run('worker', `${point}:10`);
    await ended(worker);
    expect(worker.signalCode).toBe('SIGKILL');
    const before = Date.now();
    set.run('worker');
    await set.drained();
    // BullMQ itself gives up on a worker after half a minute.
    expect(Date.now() - before).toBeLessThan(10_000);
    const copies = set.delivered();
    expect(ids.filter((id) => !copies.has(id))).toEqual([]);
    const twice = [...copies.values()].filter((count) => count > 1);
    expect(Math.max(...copies.values())).toBeLessThanOrEqual(2);
    // The eight that it may have had in its hands.
    expect(twice.length).toBeLessThanOrEqual(8);
  });
}

test('a receiver killed ten times under load: what its worker delivered is noted at the next, and nobody has it twice', async () => {
  await using set = await setUp();
  set.run('worker');
  const stored: MessageId[] = [];
  for (let round = 0; round < 10; round++) {
    const receiver = set.run('receiver');
    await set.link.whenConnected();
    const loaded = load(set.link.control, 100, stored);
    await waitFor('some of them', () => (stored.length >= round * 50 + 30 ? true : undefined));
    await kill(receiver);
    await loaded;
  }
  set.run('receiver');
  await set.link.whenConnected();
  await set.drained();
  const copies = set.delivered();
  expect(stored.length).toBeGreaterThan(300);
  expect(stored.filter((id) => !copies.has(id))).toEqual([]);
  expect([...copies].filter(([, count]) => count > 1)).toEqual([]);
});

test('either killed at random: nobody is left out', async () => {
  await using set = await setUp();
  let receiver = set.run('receiver');
  let worker = set.run('worker');
  const stored: MessageId[] = [];
  for (let round = 0; round < 8; round++) {
    await set.link.whenConnected();
    const loaded = load(set.link.control, 60, stored);
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 300));
    if (round % 2 === 0) {
      await kill(worker);
      worker = set.run('worker');
    } else {
      await kill(receiver);
      receiver = set.run('receiver');
    }
    await loaded;
  }
  await set.link.whenConnected();
  await set.drained();
  const copies = set.delivered();
  expect(stored.filter((id) => !copies.has(id))).toEqual([]);
});
