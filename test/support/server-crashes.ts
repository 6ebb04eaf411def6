/**
 * P1 and P2 for the whole, in one shape: processes of the server are killed (kill -9), each alone and all together, after
 * an answer, in the middle of deliveries and at random under load, Redis is emptied too, and after the next start every
 * recipient of every accepted message is served.
 */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { MessageId } from '../../src/mail/message-id.ts';
import { type FaultProxy, startFaultProxy } from './fault-proxy.ts';
import { startFlow } from './flow.ts';
import { freePort } from './free-port.ts';
import { type DoorName, finals, letterText, type Running, type RunningUser, sendOver } from './running.ts';
import { type Shape, startInShape } from './shapes.ts';
import { waitFor } from './wait-for.ts';

interface Scene {
  readonly running: Running;
  /** Between the server and the mailboxes. */
  readonly proxy: FaultProxy;
  readonly sender: RunningUser;
  readonly three: readonly RunningUser[];
}

/** Processes that die together. */
type Victims = readonly string[];

const KILLS_UNDER_LOAD = 6;
const DOORS: readonly DoorName[] = ['mx', 'mx', 'submission', 'submissions'];

export function describeServerCrashes(shape: Shape): void {
  let scene: Scene;
  const resources = new AsyncDisposableStack();
  beforeAll(async () => {
    scene = await setScene(shape, resources);
  });
  afterAll(() => resources.disposeAsync());
  const all: readonly Victims[] =
    shape.processes === 1 ? [['geganti']] : [['receive'], ['work'], ['receive', 'work']];

  for (const victims of all) {
    describe(`${shape.name}: ${victims.join(' and ')} killed`, () => {
      testAfterAnswer(() => scene, victims);
      testInDelivery(() => scene, victims);
    });
  }

  // What a message's journal says in turn: verdict, intention, each recipient's outcome.
  test.each(['journal-buffered:1', 'journal-written:2', 'journal-buffered:3'])(
    'killed at %s: nobody is left out',
    async (crashAt) => {
      const { running } = scene;
      const [door = ''] = running.server;
      await running.killServer([door]);
      await running.startServer({ names: [door], crashAt });
      const { restarts } = running.part(door);
      const id = await sendAndForget(scene, crashAt);
      await waitFor('the crash', () => (running.part(door).restarts > restarts ? true : undefined));
      await running.emptyRedis();
      // The supervisor has started it again.
      await expectAllServed(scene, id);
      expect((await copies(scene, crashAt)).every((count) => count >= 1 && count <= 2)).toBe(true);
    },
  );

  test(`${KILLS_UNDER_LOAD} times at random under load: every accepted message is found`, async () => {
    await killUnderLoad(scene, all);
  }, 120_000);
}

async function setScene(shape: Shape, resources: AsyncDisposableStack): Promise<Scene> {
  const proxy = Promise.withResolvers<FaultProxy>();
  const running = await startInShape(shape, async (data) => {
    const to = { kind: 'unix', path: join(data, 'run', 'dovecot', 'lmtp.sock') } as const;
    const started = resources.use(await startFaultProxy(to));
    proxy.resolve(started);
    if (started.endpoint.kind !== 'tcp') throw new Error('the proxy has no port');
    return {
      GEGANTI_SERVICES_LMTP: `${started.endpoint.host}:${started.endpoint.port}`,
      // One door that answers before the scan, so that the kill comes before it too.
      GEGANTI_DOORS_SUBMISSIONS_VERDICT_WAIT: '0 s',
      // The same after each start, so that nobody has to ask for them.
      GEGANTI_DOORS_MX_PORT: String(await freePort()),
      GEGANTI_DOORS_SUBMISSION_PORT: String(await freePort()),
      GEGANTI_DOORS_SUBMISSIONS_PORT: String(await freePort()),
    };
  });
  resources.use(running);
  return {
    running,
    proxy: await proxy.promise,
    sender: await running.addUser({ address: 'aminah@moh.example' }),
    three: [
      await running.addUser({ address: 'badrul@moh.example' }),
      await running.addUser({ address: 'chong@moh.example' }),
      await running.addUser({ address: 'devi@mot.example', grade: 'M10' }),
    ],
  };
}

function testAfterAnswer(get: () => Scene, victims: Victims): void {
  test.each(['submissions', 'submission'] as const)('right after 250 at %s: all are served', async (door) => {
    const scene = get();
    const { running, sender, three } = scene;
    const accepted = new Map<MessageId, string>();
    for (const round of [1, 2]) {
      const subject = `${victims.join(' ')} ${door} ${round}`;
      const dialogue = await running.connect(door, sender);
      const content = letterText(sender, subject);
      const { id, reply } = await sendOver(dialogue, { door, from: sender, to: three, content });
      const down = running.killServer(victims);
      dialogue.destroy();
      if (!id) throw new Error(`refused: ${reply}`);
      accepted.set(id, subject);
      await down;
      await restart(scene, victims);
    }
    for (const [id, subject] of accepted) {
      await expectAllServed(scene, id);
      expect((await copies(scene, subject)).every((count) => count >= 1 && count <= 2)).toBe(true);
    }
  });
}

function testInDelivery(get: () => Scene, victims: Victims): void {
  test('before the mailbox server has the message: each gets it once', async () => {
    const scene = get();
    const { running, proxy } = scene;
    await proxy.turn('mute');
    const before = proxy.connections;
    const subject = `${victims.join(' ')} sebelum`;
    const id = await sendAndForget(scene, subject);
    await waitFor('the delivery', () => (proxy.connections > before ? true : undefined));
    await running.killServer(victims);
    proxy.fault = { kind: 'pass' };
    await restart(scene, victims);
    await expectAllServed(scene, id);
    expect(await copies(scene, subject)).toEqual([1, 1, 1]);
  });

  // A worker that lives keeps the answer until there is a receiver to note it.
  const lives = !victims.includes('work') && !victims.includes('geganti');
  const times = lives ? 'once' : 'twice';
  test(`after the mailbox server has it and before we know: each gets it ${times}`, async () => {
    const scene = get();
    const { running, proxy } = scene;
    await proxy.turn('withhold');
    const subject = `${victims.join(' ')} selepas`;
    const id = await sendAndForget(scene, subject);
    await waitFor('three copies', async () =>
      (await copies(scene, subject)).every((count) => count === 1) ? true : undefined,
    );
    await running.killServer(victims);
    proxy.fault = { kind: 'pass' };
    await restart(scene, victims);
    proxy.release();
    await expectAllServed(scene, id);
    expect(await copies(scene, subject)).toEqual(lives ? [1, 1, 1] : [2, 2, 2]);
  });
}

async function killUnderLoad(scene: Scene, all: readonly Victims[]): Promise<void> {
  const { running, sender, three } = scene;
  const accepted = new Map<string, MessageId>();
  const to = three.slice(0, 2);
  for (let round = 0; round < KILLS_UNDER_LOAD; round++) {
    const victims = all[round % all.length] ?? [];
    const flow = startFlow(running, { name: `lejar ${round}`, doors: DOORS, sender, to, pauseMs: 20 });
    await waitFor('a flow', () => (flow.accepted.size > DOORS.length ? true : undefined));
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 300));
    const down = running.killServer(victims);
    const stopped = flow.stop();
    await down;
    await restart(scene, victims, round % 2 === 0);
    await stopped;
    for (const [subject, id] of flow.accepted) accepted.set(subject, id);
  }
  await waitFor('the spool to be empty', async () =>
    (await running.queue()).total === 0 ? true : undefined,
  );

  let repeats = 0;
  for (const user of to) {
    const found = (await subjects(scene, user)).filter((subject) => subject.startsWith('lejar'));
    const unique = new Set(found);
    repeats += found.length - unique.size;
    const lost = [...accepted.keys()].filter((subject) => !unique.has(subject));
    expect(lost, user.address).toEqual([]);
  }
  console.info(`${accepted.size} messages accepted, ${KILLS_UNDER_LOAD} kills, ${repeats} copies too many`);
  // At each kill at most what four clients sent again and what four deliveries had in hand, for two recipients.
  expect(repeats).toBeLessThanOrEqual(KILLS_UNDER_LOAD * (4 + 4) * 2);
  for (const id of accepted.values()) expect(finals(await running.ended(id, 2))).toHaveLength(2);
}

/** Redis is emptied only where the queue that would look for its jobs once a minute begins anew. */
async function restart({ running }: Scene, names: Victims, emptied = true): Promise<void> {
  if (emptied && names.includes(running.server[0] ?? '')) await running.emptyRedis();
  await running.startServer({ names });
}

async function sendAndForget({ running, sender, three }: Scene, subject: string): Promise<MessageId> {
  const content = letterText(sender, subject);
  const { id, reply } = await running.send({ door: 'submissions', from: sender, to: three, content });
  if (!id) throw new Error(`refused: ${reply}`);
  return id;
}

async function expectAllServed({ running, three }: Scene, id: MessageId): Promise<void> {
  const events = await running.ended(id, 3);
  const served = finals(events).map(
    (event) => `${event.kind} ${'recipient' in event ? event.recipient : ''}`,
  );
  expect(served.sort()).toEqual(three.map(({ address }) => `delivered ${address}`).sort());
  await waitFor('the spool to be done with it', async () =>
    (await running.path(id)).waiting === null ? true : undefined,
  );
}

async function subjects({ running }: Scene, user: RunningUser): Promise<string[]> {
  await using mailbox = await running.mailbox(user);
  return await mailbox.subjects('INBOX');
}

/** How many copies each of the three has. */
async function copies(scene: Scene, subject: string): Promise<number[]> {
  const found = await Promise.all(scene.three.map((user) => subjects(scene, user)));
  return found.map((all) => all.filter((each) => each === subject).length);
}
