/**
 * A neighbour that is down delays mail and loses none (promises P1, P2, P3): mail is accepted, waits visibly, and is
 * delivered once when the neighbour is back.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { MessageId } from '../../src/mail/message-id.ts';
import {
  finals,
  letterText,
  logLines,
  type Running,
  type RunningUser,
  sendOver,
  startRunning,
} from '../support/running.ts';
import { waitFor } from '../support/wait-for.ts';

const WONG = 'wong@partner.example';
/** An answer within it did not wait for a verdict, which would take 3 s and more. */
const PROMPT_MS = 2_000;

let running: Running;
let aminah: RunningUser;
let badrul: RunningUser;
let devi: RunningUser;

beforeAll(async () => {
  running = await startRunning({ GEGANTI_DOORS_MX_VERDICT_WAIT: '3 s' });
  aminah = await running.addUser({ address: 'aminah@moh.example' });
  badrul = await running.addUser({ address: 'badrul@moh.example' });
  devi = await running.addUser({ address: 'devi@mot.example', grade: 'M10' });
});
afterAll(() => running?.[Symbol.asyncDispose]());

async function send(subject: string, door: 'mx' | 'submission'): Promise<MessageId> {
  const from = door === 'mx' ? WONG : aminah;
  const content = letterText(from, subject);
  const { id, reply, tookMs } = await running.send({ door, from, to: [badrul, devi], content });
  if (!id) throw new Error(`refused: ${reply}`);
  expect(tookMs).toBeLessThan(PROMPT_MS);
  return id;
}

/** kill -STOP and -CONT of a part with its workers: it is there and answers nothing. */
function freeze(part: string): Disposable {
  const { pid } = running.part(part);
  if (pid === null) throw new Error(`${part} does not run`);
  process.kill(-pid, 'SIGSTOP');
  return { [Symbol.dispose]: () => process.kill(-pid, 'SIGCONT') };
}

async function subjects(user: RunningUser): Promise<string[]> {
  await using mailbox = await running.mailbox(user);
  return (await mailbox.messages('INBOX')).map(({ subject }) => subject);
}

/** The lines of the log, repeats included: one final fact for each recipient, whatever happened. */
function finalLines(id: MessageId): string[] {
  return finals(logLines(running.data).filter((event) => event.id === id))
    .map((event) => `${event.kind} ${'recipient' in event ? event.recipient : ''}`)
    .sort();
}

const DELIVERED = ['delivered badrul@moh.example', 'delivered devi@mot.example'];

describe.each([
  { part: 'redis', stage: null },
  { part: 'clamd', stage: 'scan' },
  { part: 'rspamd', stage: 'scan' },
  { part: 'dovecot', stage: 'deliver' },
] as const)('$part stopped', ({ part, stage }) => {
  test('mail is accepted at once, waits visibly, and is delivered once when it is back', async () => {
    await running.stack.stop(part);
    const ids: MessageId[] = [];
    for (const door of ['mx', 'submission', 'mx'] as const) {
      ids.push(await send(`${part} ${ids.length}`, door));
    }
    await waitFor('the mail to wait for it', async () => {
      const waiting = (await running.queue()).messages;
      const reasons = waiting.filter(({ attempts, reason }) => attempts >= 2 && reason !== null);
      return waiting.length === ids.length && (stage === null || reasons.length === ids.length)
        ? true
        : undefined;
    });
    await waitFor(`the status to show ${part} down`, async () =>
      (await running.status()).parts.some(({ name, up }) => name === part && !up) ? true : undefined,
    );
    for (const id of ids) {
      const kinds = new Set((await running.path(id)).events.map(({ kind }) => kind));
      expect(finalLines(id), 'nothing is delivered meanwhile').toEqual([]);
      expect(kinds.has('deferred')).toBe(stage !== null);
      if (stage === 'scan') expect(kinds.has('scanned')).toBe(false);
    }

    await running.stack.start(part);
    for (const id of ids) {
      await running.ended(id, 2);
      expect(finalLines(id)).toEqual(DELIVERED);
    }
    for (const user of [badrul, devi]) {
      const ours = (await subjects(user)).filter((subject) => subject.startsWith(part));
      expect(ours.sort()).toEqual([`${part} 0`, `${part} 1`, `${part} 2`]);
    }
    expect((await running.queue()).total).toBe(0);
  });
});

test.each(['redis', 'clamd', 'rspamd', 'dovecot'])(
  '%s hangs: mail is accepted after the wait and delivered when it goes on',
  async (part) => {
    const content = letterText(WONG, `beku ${part}`);
    let id: MessageId | null = null;
    {
      using _ = freeze(part);
      const answer = await running.send({ door: 'mx', from: WONG, to: [badrul, devi], content });
      id = answer.id;
      if (!id) throw new Error(`refused: ${answer.reply}`);
      expect(answer.tookMs).toBeLessThan(5_000);
      expect(finalLines(id)).toEqual([]);
    }
    await running.ended(id, 2);
    expect(finalLines(id)).toEqual(DELIVERED);
    expect((await subjects(devi)).filter((subject) => subject === `beku ${part}`)).toHaveLength(1);
  },
);

test('kill -9 of each neighbour while mail flows: every message is delivered', async () => {
  const acked = new Map<string, MessageId>();
  const flow = new AbortController();
  const flowing = [0, 1, 2, 3].map((number) => keepSending(number, acked, flow.signal));
  for (const part of ['redis', 'clamd', 'rspamd', 'dovecot']) {
    const before = acked.size;
    const { pid } = running.part(part);
    running.kill(part);
    await waitFor(`${part} to be back`, () => {
      const now = running.part(part);
      return now.state === 'ready' && now.pid !== pid ? now : undefined;
    });
    await waitFor('mail to flow', () => (acked.size > before + 8 ? true : undefined));
  }
  flow.abort();
  await Promise.all(flowing);

  for (const id of acked.values()) {
    const events = await running.ended(id, 1);
    expect(finals(events).map(({ kind }) => kind)).toEqual(['delivered']);
  }
  const found = await subjects(devi);
  for (const subject of acked.keys()) expect(found, subject).toContain(subject);
  const repeats = found.length - new Set(found).size;
  console.info(`${acked.size} messages while each neighbour was killed, ${repeats} delivered twice`);
});

/** Over one session after another until told to stop; a message without an answer is nobody's loss. */
async function keepSending(number: number, acked: Map<string, MessageId>, stop: AbortSignal): Promise<void> {
  for (let count = 0; !stop.aborted; ) {
    const dialogue = await running.connect('mx');
    for (let inSession = 0; inSession < 50 && !stop.aborted; inSession++) {
      const subject = `aliran ${number}.${count++}`;
      const content = letterText(WONG, subject);
      const { id } = await sendOver(dialogue, { door: 'mx', from: WONG, to: [devi], content });
      if (id) acked.set(subject, id);
    }
    dialogue.destroy();
  }
}
