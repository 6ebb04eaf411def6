/**
 * P1 and P2 for the whole: the server is killed (kill -9) after its answer, in the middle of deliveries and at random
 * under load, Redis is emptied too, and after the next start every recipient of every accepted message is served.
 */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { MessageId } from '../../src/mail/message-id.ts';
import { type FaultProxy, startFaultProxy } from '../support/fault-proxy.ts';
import {
  type DoorName,
  finals,
  letterText,
  type Running,
  type RunningUser,
  sendOver,
  startRunning,
} from '../support/running.ts';
import { waitFor } from '../support/wait-for.ts';

const WONG = 'wong@partner.example';
let running: Running;
let proxy: FaultProxy;
let sender: RunningUser;
let three: RunningUser[];

beforeAll(async () => {
  running = await startRunning(async (data) => {
    proxy = await startFaultProxy({ kind: 'unix', path: join(data, 'run', 'dovecot', 'lmtp.sock') });
    const { endpoint } = proxy;
    if (endpoint.kind !== 'tcp') throw new Error('the proxy has no port');
    return {
      GEGANTI_SERVICES_LMTP: `${endpoint.host}:${endpoint.port}`,
      // One door that answers before the scan, so that the kill comes before it too.
      GEGANTI_DOORS_SUBMISSIONS_VERDICT_WAIT: '0 s',
    };
  });
  sender = await running.addUser({ address: 'aminah@moh.example' });
  three = [
    await running.addUser({ address: 'badrul@moh.example' }),
    await running.addUser({ address: 'chong@moh.example' }),
    await running.addUser({ address: 'devi@mot.example', grade: 'M10' }),
  ];
});
afterAll(async () => {
  await running?.[Symbol.asyncDispose]();
  await proxy?.[Symbol.asyncDispose]();
});

async function subjects(user: RunningUser): Promise<string[]> {
  await using mailbox = await running.mailbox(user);
  return (await mailbox.messages('INBOX')).map(({ subject }) => subject);
}

/** How many copies each of the three has. */
async function copies(subject: string): Promise<number[]> {
  const found = await Promise.all(three.map(subjects));
  return found.map((all) => all.filter((each) => each === subject).length);
}

async function restart(): Promise<void> {
  await running.emptyRedis();
  await running.startServer();
}

async function expectAllServed(id: MessageId): Promise<void> {
  const events = await running.ended(id, 3);
  const served = finals(events).map(
    (event) => `${event.kind} ${'recipient' in event ? event.recipient : ''}`,
  );
  expect(served.sort()).toEqual(three.map(({ address }) => `delivered ${address}`).sort());
  await waitFor('the spool to be done with it', async () =>
    (await running.path(id)).waiting === null ? true : undefined,
  );
}

describe('killed right after 250, Redis emptied', () => {
  test.each(['submissions', 'submission'] as const)('%s: every recipient is served', async (door) => {
    const accepted = new Map<MessageId, string>();
    for (const round of [1, 2, 3]) {
      const subject = `${door} ${round}`;
      const dialogue = await running.connect(door, sender);
      const content = letterText(sender, subject);
      const { id, reply } = await sendOver(dialogue, { door, from: sender, to: three, content });
      running.kill('geganti');
      dialogue.destroy();
      if (!id) throw new Error(`refused: ${reply}`);
      accepted.set(id, subject);
      await running.stack.stop('geganti');
      await restart();
    }
    for (const [id, subject] of accepted) {
      await expectAllServed(id);
      expect((await copies(subject)).every((count) => count >= 1 && count <= 2)).toBe(true);
    }
  });
});

describe('killed in the middle of a delivery to three recipients, Redis emptied', () => {
  async function sendAndForget(subject: string): Promise<MessageId> {
    const content = letterText(sender, subject);
    const { id, reply } = await running.send({ door: 'submissions', from: sender, to: three, content });
    if (!id) throw new Error(`refused: ${reply}`);
    return id;
  }

  test('before the mailbox server has the message: each gets it once', async () => {
    proxy.fault = { kind: 'mute' };
    await running.killServer();
    await restart();
    const before = proxy.connections;
    const id = await sendAndForget('sebelum');
    await waitFor('the delivery', () => (proxy.connections > before ? true : undefined));
    await running.killServer();
    proxy.fault = { kind: 'pass' };
    await restart();
    await expectAllServed(id);
    expect(await copies('sebelum')).toEqual([1, 1, 1]);
  });

  test('after the mailbox server has it and before we know: each gets it, and once more', async () => {
    proxy.fault = { kind: 'withhold' };
    await running.killServer();
    await restart();
    const id = await sendAndForget('selepas');
    await waitFor('three copies', async () =>
      (await copies('selepas')).every((count) => count === 1) ? true : undefined,
    );
    await running.killServer();
    proxy.fault = { kind: 'pass' };
    await restart();
    await expectAllServed(id);
    expect(await copies('selepas')).toEqual([2, 2, 2]);
  });

  // What a message's journal says in turn: verdict, intention, each recipient's outcome.
  test.each(['journal-buffered', 'journal-written'])('at each %s: nobody is left out', async (point) => {
    for (const pass of [1, 2, 3]) {
      const subject = `${point}:${pass}`;
      await running.killServer();
      await running.startServer({ crashAt: subject });
      const { pid } = running.part('geganti');
      const id = await sendAndForget(subject);
      await waitFor('the crash', () => (running.part('geganti').pid !== pid ? true : undefined));
      await running.emptyRedis();
      // The supervisor has started it again.
      await expectAllServed(id);
      expect((await copies(subject)).every((count) => count >= 1 && count <= 2)).toBe(true);
    }
  });
});

test('killed 15 times at random under load: every accepted message is found', async () => {
  const rounds = 15;
  const accepted = new Map<string, MessageId>();
  const [recipient, other] = [three[0], three[1]];
  if (!recipient || !other) throw new Error('no recipients');
  const doors: DoorName[] = ['mx', 'mx', 'submission', 'submissions'];
  for (let round = 0; round < rounds; round++) {
    const writers = doors.map((door, number) => load(door, `lejar ${round}.${number}`, [recipient, other]));
    await new Promise((resolve) => setTimeout(resolve, 150 + Math.random() * 500));
    running.kill('geganti');
    await running.stack.stop('geganti');
    for (const sent of await Promise.all(writers))
      for (const [subject, id] of sent) accepted.set(subject, id);
    if (round % 2 === 0) await running.emptyRedis();
    await running.startServer();
  }
  await waitFor('the spool to be empty', async () =>
    (await running.queue()).total === 0 ? true : undefined,
  );

  let repeats = 0;
  for (const user of [recipient, other]) {
    const found = (await subjects(user)).filter((subject) => subject.startsWith('lejar'));
    const unique = new Set(found);
    repeats += found.length - unique.size;
    const lost = [...accepted.keys()].filter((subject) => !unique.has(subject));
    expect(lost, user.address).toEqual([]);
  }
  console.info(`${accepted.size} messages accepted over ${rounds} kills, ${repeats} deliveries repeated`);
  expect(accepted.size).toBeGreaterThan(rounds);
  // At most what was being delivered at each kill: four messages to two recipients.
  expect(repeats).toBeLessThanOrEqual(rounds * 4 * 2);
  for (const id of accepted.values()) expect(finals((await running.path(id)).events)).toHaveLength(2);
});

/** Sends until the server is gone; what was answered 250. */
async function load(
  door: DoorName,
  name: string,
  to: readonly RunningUser[],
): Promise<[string, MessageId][]> {
  const sent: [string, MessageId][] = [];
  const from = door === 'mx' ? WONG : sender;
  try {
    const dialogue = await running.connect(door, door === 'mx' ? undefined : sender);
    for (let count = 0; ; count++) {
      const subject = `${name}.${count}`;
      const { id } = await sendOver(dialogue, { door, from, to, content: letterText(from, subject) });
      if (id) sent.push([subject, id]);
    }
  } catch {
    return sent;
  }
}
