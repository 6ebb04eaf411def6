import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { createFakeSpool, createFakeTrace } from '../../test/support/fake-spool.ts';
import { address, envelope, submittedBy, verdict } from '../../test/support/messages.ts';
import { systemClock } from '../lib/clock.ts';
import { silentLog } from '../lib/log.ts';
import type { Envelope } from '../mail/envelope.ts';
import type { Finding } from '../mail/finding.ts';
import { newMessageId } from '../mail/message-id.ts';
import type { Verdict } from '../mail/verdict.ts';
import type { NewItem } from '../quarantine/quarantine.ts';
import { type Bounces, createPolicyStage, createScanAndPolicy } from './stage.ts';

const CONTENT = Buffer.from('Subject: x\r\n\r\nbody\r\n');
const never = new AbortController().signal;
const OURS = submittedBy('ali@moh.example');
const LINK: Finding = {
  reason: 'external-storage',
  detail: 'hxxps://we[.]tl/x',
  part: '2!a.docx',
  action: 'refuse',
};
const WITH_LINK = verdict('clean', { action: 'refuse', findings: [LINK] });

interface Plan {
  readonly keepFails?: boolean;
  readonly enterFails?: boolean;
  readonly bouncePostponed?: boolean;
  readonly changes?: Partial<Envelope>;
}

async function setUp(found: Verdict | null, plan: Plan = {}) {
  const spool = createFakeSpool();
  const trace = createFakeTrace();
  const order: string[] = [];
  const kept: { item: NewItem; text: string }[] = [];
  const notices: { envelope: Envelope; text: string }[] = [];
  const bounced: Parameters<Bounces['send']>[] = [];
  const bounce = newMessageId(1);
  const quarantine = {
    async keep(item: NewItem, content: Readable) {
      if (plan.keepFails) throw new Error('ENOSPC');
      kept.push({ item, text: await text(content) });
      order.push('kept');
    },
  };
  const bounces: Bounces = {
    async send(...given) {
      bounced.push(given);
      order.push('told');
      return plan.bouncePostponed ? { kind: 'postponed', reason: 'full' } : { kind: 'sent', bounce };
    },
  };
  const settle = spool.settle;
  spool.settle = async (...args) => {
    order.push('settled');
    await settle(...args);
  };
  const put = async (changes: Partial<Envelope> = {}, to = ['a@moh.example', 'b@moh.example']) => {
    const message = envelope(to, CONTENT, { ...plan.changes, ...changes });
    spool.put(message, CONTENT);
    if (found) await spool.setVerdict(message.id, found);
    return message.id;
  };
  const state = { nowMs: 0 };
  const stage = createPolicyStage({
    ...{ spool, trace, quarantine, bounces, hostname: 'mail.moh.example', timezone: 'Asia/Kuala_Lumpur' },
    clock: { ...systemClock, elapsedMs: () => state.nowMs },
    log: silentLog,
    async enter(notice, content) {
      if (plan.enterFails) throw new Error('away');
      notices.push({ envelope: notice, text: await text(content) });
      order.push('noticed');
      return { kind: 'stored' };
    },
  });
  return { spool, trace, stage, put, id: await put(), kept, order, notices, bounced, bounce, state };
}

for (const kind of ['clean', 'junk'] as const) {
  test(`${kind} mail goes on to delivery`, async () => {
    const { stage, id, kept } = await setUp(verdict(kind));
    expect(await stage(id, never)).toEqual({ kind: 'next', stage: 'deliver' });
    expect(kept).toEqual([]);
  });
}

const REASONS = { infected: 'virus', spam: 'spam', unscannable: 'unscannable' } as const;
for (const kind of ['infected', 'spam', 'unscannable'] as const) {
  test(`${kind} mail from outside is kept first, then settled for every recipient; nobody is told`, async () => {
    const { spool, trace, stage, id, kept, order, notices, bounced } = await setUp(verdict(kind));
    const reason = REASONS[kind];
    expect(await stage(id, never)).toEqual({ kind: 'finished' });
    expect(order).toEqual(['kept', 'settled', 'settled']);
    expect(kept).toMatchObject([
      { item: { reason, recipients: ['a@moh.example', 'b@moh.example'] }, text: CONTENT.toString() },
    ]);
    expect(spool.all.get(id)?.recipients.map((r) => r.outcome)).toEqual(
      Array(2).fill({ kind: 'quarantined', reason }),
    );
    expect(trace.events.map((event) => event.kind)).toEqual(['quarantined', 'quarantined']);
    expect([...notices, ...bounced]).toEqual([]);
  });
}

test('released mail goes on to delivery, unless it is infected and was not forced', async () => {
  const released = (kind: Verdict['kind'], force: boolean) =>
    setUp(verdict(kind), { changes: { ...OURS, release: { by: 'root', force } } });
  const spam = await released('spam', false);
  expect(await spam.stage(spam.id, never)).toEqual({ kind: 'next', stage: 'deliver' });
  const infected = await released('infected', false);
  expect(await infected.stage(infected.id, never)).toEqual({ kind: 'finished' });
  expect(infected.kept).toMatchObject([{ item: { reason: 'virus' } }]);
  const forced = await released('infected', true);
  expect(await forced.stage(forced.id, never)).toEqual({ kind: 'next', stage: 'deliver' });
});

test('a recipient that is settled already is left alone', async () => {
  const { spool, stage, id, kept } = await setUp(verdict('infected'));
  await spool.settle(id, address('a@moh.example'), { kind: 'quarantined', reason: 'virus' });
  await stage(id, never);
  expect(kept[0]?.item.recipients).toEqual(['b@moh.example']);
});

test('what cannot be kept is not settled', async () => {
  const { spool, trace, stage, id } = await setUp(verdict('infected'), { keepFails: true });
  await expect(stage(id, never)).rejects.toThrow('ENOSPC');
  expect(spool.get(id)?.recipients.every((r) => r.outcome === null)).toBe(true);
  expect(trace.events).toEqual([]);
});

test('what is refused too late bounces to one of ours, with the reason’s reply, before it is settled', async () => {
  const { spool, trace, stage, id, kept, order, bounced, bounce } = await setUp(WITH_LINK, { changes: OURS });
  expect(await stage(id, never)).toEqual({ kind: 'finished' });
  expect(kept).toEqual([]);
  expect(order).toEqual(['told', 'settled', 'settled']);
  const [, to, failures] = bounced[0] ?? [];
  expect(to).toEqual(OURS.login);
  expect(failures?.map(({ recipient }) => recipient)).toEqual(['a@moh.example', 'b@moh.example']);
  expect(failures?.[0]).toMatchObject({
    reply: { code: 550, enhanced: '5.7.1', lines: Array(2).fill(expect.stringContaining('we[.]tl')) },
    explanation: { english: expect.stringContaining('external storage') },
  });
  const outcome = { kind: 'bounced', reply: expect.stringMatching(/^550 5\.7\.1 .*we\[\.\]tl/), bounce };
  expect(spool.all.get(id)?.recipients).toMatchObject([{ outcome }, { outcome }]);
  expect(trace.events).toMatchObject([outcome, outcome]);
});

test('a sender who cannot be told now is told later', async () => {
  const plan = { changes: OURS, bouncePostponed: true };
  const { spool, trace, stage, id, order } = await setUp(WITH_LINK, plan);
  const step = await stage(id, never);
  expect(step).toMatchObject({ kind: 'retry', stage: 'deliver' });
  expect(order).toEqual(['told']);
  expect(spool.get(id)?.recipients[0]).toMatchObject({ outcome: null, attempts: 1, reason: 'full' });
  expect(trace.events).toMatchObject([{ kind: 'deferred', attempt: 1, reason: 'full' }]);
});

test('a link from outside is kept, and its recipients are told in one notice before it is settled', async () => {
  const { stage, id, kept, order, notices } = await setUp(WITH_LINK);
  await stage(id, never);
  expect(kept).toMatchObject([{ item: { reason: 'external-storage', detail: LINK.detail } }]);
  expect(order).toEqual(['kept', 'noticed', 'settled', 'settled']);
  const [notice] = notices;
  expect(notice?.envelope).toMatchObject({ door: 'internal', sender: null, parent: id });
  expect(notice?.envelope.recipients.map((one) => one.address)).toEqual(['a@moh.example', 'b@moh.example']);
  expect(notice?.envelope.sizeBytes).toBe(notice?.text.length);
  for (const told of ['hxxps://we[.]tl/x', 'ali@partner.example', id]) expect(notice?.text).toContain(told);
});

test('of spam under a login the administrators are told, once an hour for each', async () => {
  const spam = verdict('spam', {
    action: 'quarantine',
    findings: [{ ...LINK, reason: 'spam', action: 'quarantine' }],
  });
  const { stage, put, id, kept, notices, state, bounced } = await setUp(spam, { changes: OURS });
  await stage(id, never);
  await stage(await put(), never);
  expect(kept).toHaveLength(2);
  expect(notices).toHaveLength(1);
  expect(notices[0]?.envelope.recipients.map((one) => one.address)).toEqual(['postmaster@moh.example']);
  await stage(await put(submittedBy('siti@moh.example')), never);
  expect(notices).toHaveLength(2);
  state.nowMs = 3_600_000;
  await stage(await put(), never);
  expect(notices).toHaveLength(3);
  expect(bounced).toEqual([]);
});

test('a notice that cannot be stored does not stop the mail, and the next one is tried', async () => {
  const plan: { enterFails: boolean } = { enterFails: true };
  const { stage, put, id, order, notices } = await setUp(
    verdict('spam'),
    Object.assign(plan, { changes: OURS }),
  );
  expect(await stage(id, never)).toEqual({ kind: 'finished' });
  expect(order).toEqual(['kept', 'settled', 'settled']);
  plan.enterFails = false;
  await stage(await put(), never);
  expect(notices).toHaveLength(1);
});

test('nobody is told of a notice of ours', async () => {
  const { stage, id, kept, notices } = await setUp(WITH_LINK, {
    changes: { door: 'internal', sender: null },
  });
  await stage(id, never);
  expect(kept).toHaveLength(1);
  expect(notices).toEqual([]);
});

test('mail without verdict goes back to the scan', async () => {
  const { stage, id } = await setUp(null);
  expect(await stage(id, never)).toEqual({ kind: 'next', stage: 'scan' });
});

test('policy follows the scan only when the scan lets the message go on', async () => {
  const { stage, id } = await setUp(verdict('infected'));
  const retry = { kind: 'retry', stage: 'scan', at: 5 } as const;
  expect(await createScanAndPolicy(async () => retry, stage)(id, never)).toEqual(retry);
  const next = { kind: 'next', stage: 'deliver' } as const;
  expect(await createScanAndPolicy(async () => next, stage)(id, never)).toEqual({ kind: 'finished' });
});
