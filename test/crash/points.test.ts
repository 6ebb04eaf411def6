/**
 * P1 and P2 at every instant that has a name, over the whole: receiver or worker dies there (kill -9), with mail on its
 * way past that point, and is started again by the supervisor. Then every message that was accepted, and every one that
 * was found in the spool without its client having an answer, is accounted for: each recipient has exactly one final
 * event and at least one copy. Copies beyond the first are counted and shown.
 *
 * CRASH_ROUNDS: how often at each point; the pass at which it dies differs from round to round.
 */
import { appendFileSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { MessageId } from '../../src/mail/message-id.ts';
import { WORK_CRASH_POINTS } from '../../src/queue/crash-points.ts';
import { SPOOL_CRASH_POINTS } from '../../src/spool/crash-points.ts';
import { encodeEntry, parseJournal } from '../../src/spool/journal-entry.ts';
import { type FaultProxy, startFaultProxy } from '../support/fault-proxy.ts';
import { type Flow, startFlow } from '../support/flow.ts';
import { freePort } from '../support/free-port.ts';
import { address } from '../support/messages.ts';
import { logLines, type NextRuns, type Running, type RunningUser } from '../support/running.ts';
import { startInShape, TWO_SQLITE } from '../support/shapes.ts';
import { waitFor } from '../support/wait-for.ts';

type Point = (typeof SPOOL_CRASH_POINTS)[number] | (typeof WORK_CRASH_POINTS)[number];

/** What became of one point. */
interface Account {
  kills: number;
  accepted: number;
  /** Sent again by their clients, which had no answer. */
  again: number;
  /** Copies beyond the first: of a message that had been stored, too, when it was sent again … */
  sentTwice: number;
  /** … and of one message. */
  deliveredTwice: number;
  lost: number;
}

type Crashes = Pick<NextRuns, 'between'> & { readonly crashAt: string | readonly string[] };

const ROUNDS = Number(process.env.CRASH_ROUNDS || 1);
const ROUND_MS = 60_000;
const LARGE_BYTES = 300_000;
/** Enough to take several of each kind of step at once. */
const FINAL: ReadonlySet<string> = new Set(['delivered', 'bounced', 'quarantined', 'discarded']);
const DOORS = ['mx', 'mx', 'submission'] as const;

let running: Running;
let proxy: FaultProxy;
let sender: RunningUser;
let to: RunningUser[];
const accepted = new Set<MessageId>();
const table = new Map<Point, Account>();

beforeAll(async () => {
  running = await startInShape(TWO_SQLITE, async (data) => {
    proxy = await startFaultProxy({ kind: 'unix', path: join(data, 'run', 'dovecot', 'lmtp.sock') });
    const { endpoint } = proxy;
    if (endpoint.kind !== 'tcp') throw new Error('the proxy has no port');
    return {
      GEGANTI_SERVICES_LMTP: `${endpoint.host}:${endpoint.port}`,
      GEGANTI_SPOOL_SEGMENT_AGE: '300 ms',
      // The same after each start, so that nobody has to ask for them.
      GEGANTI_DOORS_MX_PORT: String(await freePort()),
      GEGANTI_DOORS_SUBMISSION_PORT: String(await freePort()),
    };
  });
  sender = await running.addUser({ address: 'aminah@moh.example' });
  to = [
    await running.addUser({ address: 'badrul@moh.example' }),
    await running.addUser({ address: 'devi@mot.example', grade: 'M10' }),
  ];
});
afterAll(async () => {
  await running?.[Symbol.asyncDispose]();
  await proxy?.[Symbol.asyncDispose]();
  console.info(tableText());
});

describe(`${ROUNDS} × kill -9`, { timeout: ROUNDS * ROUND_MS }, () => {
  for (const point of [...SPOOL_CRASH_POINTS, ...WORK_CRASH_POINTS]) {
    test(`at ${point}: nobody is skipped`, async () => {
      const account = { kills: 0, accepted: 0, again: 0, sentTwice: 0, deliveredTwice: 0, lost: 0 };
      table.set(point, account);
      for (let round = 0; round < ROUNDS; round++) {
        const name = `${point}/${round}`;
        proxy.fault = { kind: 'pass' };
        const flow = await crashOnce(point, name, round);
        account.kills++;
        await comeToRest();
        await accountFor(flow, name, account);
        for (const id of flow.accepted.values()) accepted.add(id);
      }
      expectOneEnd(accepted);
      expect(account.lost).toBe(0);
    });
  }
});

/** Resolves with the mail of this round once the process has died at the point. */
async function crashOnce(point: Point, name: string, round: number): Promise<Flow> {
  const pass = 1 + (round % 3);
  switch (point) {
    case 'tail-found':
      return await crashAtStart(point, name, () => appendFileSync(newestSegment(), '\0GEGA'));
    case 'park-copied':
      return await crashAtStart(point, name, () => appendFileSync(newestSegment(), 'x'.repeat(500)));
    case 'recovered':
      return await crashAtStart(point, name);
    case 'state-joined':
      return await crashHeld(name, {
        crashAt: [`move-noted:${pass}`, point],
        between: noteDuringMove,
      });
    case 'move-synced':
    case 'move-noted':
    case 'journal-synced':
      return await crashHeld(name, { crashAt: `${point}:${pass}` });
    default:
      return await crashInFlow(point, name, pass);
  }
}

/** While mail comes in and goes out. */
async function crashInFlow(point: Point, name: string, pass: number): Promise<Flow> {
  const process = point.startsWith('work-') ? 'work' : 'receive';
  const crash = await arm(process, { crashAt: `${point}:${pass}` });
  const bytes = point.startsWith('single-') ? LARGE_BYTES : 1_000;
  const flow = startFlow(running, { name, doors: DOORS, sender, to, bytes, pauseMs: 50 });
  await crash().finally(() => flow.stop());
  return flow;
}

/** While an operator holds mail, and when it is moved out of its segment. */
async function crashHeld(name: string, runs: Crashes): Promise<Flow> {
  await proxy.turn('refuse');
  const crash = await arm('receive', runs);
  const flow = await sendSome(name);
  await waitFor('the queue', async () => ((await running.queue()).total >= 3 ? true : undefined));
  for (const id of flow.accepted.values()) {
    // One that dies of it does not answer.
    await running.api.post('/queue/hold', { ids: [id] }).catch(() => {});
  }
  await crash();
  return flow;
}

/** Killed with mail in its spool first; then it dies at its start. */
async function crashAtStart(point: Point, name: string, between?: () => void): Promise<Flow> {
  await proxy.turn('refuse');
  const flow = await sendSome(name);
  await running.killServer(['receive']);
  between?.();
  const crash = await arm('receive', { crashAt: point });
  await crash();
  return flow;
}

/**
 * Starts the process anew, which is killed where it runs; what comes back waits until it has died by itself. That may
 * be before it answers: a start removes what is finished.
 */
async function arm(name: string, runs: Crashes): Promise<() => Promise<true>> {
  await running.killServer([name]);
  const restarts = running.part(name).restarts + [runs.crashAt].flat().length;
  await running.startServer({ ...runs, names: [name] });
  return () =>
    waitFor(`the crash of ${name}`, () => (running.part(name).restarts >= restarts ? true : undefined));
}

/** At least three messages in the spool: to the mailbox server they cannot go. */
async function sendSome(name: string): Promise<Flow> {
  const flow = startFlow(running, { name, doors: DOORS, sender, to, bytes: 1_000 });
  await waitFor('some mail', () => (flow.accepted.size >= 3 ? true : undefined));
  await flow.stop();
  return flow;
}

/** The mailbox server takes mail, no message is held, and all is delivered. */
async function comeToRest(): Promise<void> {
  proxy.fault = { kind: 'pass' };
  await waitFor('an empty queue', async () => {
    const { total, messages } = await running.queue();
    if (total === 0) return true;
    const ids = messages.filter(({ held }) => held).map(({ id }) => id);
    if (ids.length > 0) await running.api.post('/queue/release', { ids });
    // What the wait would say last.
    throw new Error(
      messages.map(({ id, stage, attempts, reason }) => `${id} ${stage} ${attempts} ${reason}`).join('; '),
    );
  });
}

async function accountFor({ accepted, again }: Flow, name: string, account: Account): Promise<void> {
  account.accepted += accepted.size;
  account.again += again;
  for (const user of to) {
    await using mailbox = await running.mailbox(user);
    const all = await mailbox.headers('INBOX');
    const found = all.filter(({ subject }) => subject.startsWith(`${name} `));
    const subjects = new Set(found.map(({ subject }) => subject));
    const ids = new Set(found.map(({ header }) => /\sid\s(\S+)/.exec(header)?.[1]));
    account.sentTwice += ids.size - subjects.size;
    account.deliveredTwice += found.length - ids.size;
    const lost = [...accepted.keys()].filter((subject) => !subjects.has(subject));
    account.lost += lost.length;
    expect(lost, user.address).toEqual([]);
    await mailbox.empty('INBOX');
  }
}

/** Of each recipient of every message that was ever taken, whether its client knows of it or not. */
function expectOneEnd(accepted: ReadonlySet<MessageId>): void {
  const ends = new Map<string, Set<string>>();
  const of = (id: string, address: string): Set<string> => {
    const found = ends.get(`${id} ${address}`) ?? new Set();
    ends.set(`${id} ${address}`, found);
    return found;
  };
  for (const id of accepted) for (const { address } of to) of(id, address);
  for (const event of logLines(running.data)) {
    if (event.kind === 'accepted') for (const { address } of event.recipients) of(event.id, address);
    else if (FINAL.has(event.kind) && 'recipient' in event) {
      of(String(event.id), String(event.recipient)).add(event.event);
    }
  }
  expect([...ends].filter(([, events]) => events.size !== 1)).toEqual([]);
}

function newestSegment(): string {
  const folder = join(running.data, 'spool', 'segments');
  const names = readdirSync(folder).filter((name) => name.endsWith('.seg'));
  return join(folder, names.sort().at(-1) ?? 'none.seg');
}

/** As if an attempt had been noted while the message was on its way out of its segment. */
function noteDuringMove(): void {
  const folder = join(running.data, 'spool', 'segments');
  let noted = 0;
  for (const name of readdirSync(folder).filter((each) => each.endsWith('.log'))) {
    const path = join(folder, name);
    for (const { kind, id } of parseJournal(readFileSync(path)).entries) {
      if (kind !== 'moved') continue;
      const recipients = to.map((user) => address(user.address));
      const deferral = { stage: 'deliver', recipients, attempt: 9, nextTryAt: 1, reason: 'later' } as const;
      appendFileSync(path, encodeEntry({ kind: 'deferred', id, deferral }));
      noted++;
    }
  }
  if (noted === 0) throw new Error('no message has moved');
}

function tableText(): string {
  const head = ['point', 'kills', 'accepted', 'sent again', 'sent twice', 'delivered twice', 'lost'];
  const rows = [...table].map(([point, account]) => [
    point,
    account.kills,
    account.accepted,
    account.again,
    account.sentTwice,
    account.deliveredTwice,
    account.lost,
  ]);
  const sums = head.slice(1).map((_, n) => rows.reduce((sum, row) => sum + Number(row[n + 1]), 0));
  return [head, ...rows, ['all', ...sums]]
    .map(([name, ...numbers]) => `${name}`.padEnd(22) + numbers.map((n) => `${n}`.padStart(17)).join(''))
    .join('\n');
}
