import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { createFakeSpool, createFakeTrace } from '../../test/support/fake-spool.ts';
import { address, envelope } from '../../test/support/messages.ts';
import { silentLog } from '../lib/log.ts';
import type { Release } from '../mail/envelope.ts';
import type { Verdict } from '../mail/verdict.ts';
import type { NewItem } from '../quarantine/quarantine.ts';
import { createPolicyStage, createScanAndPolicy } from './stage.ts';

const CONTENT = Buffer.from('Subject: x\r\n\r\nbody\r\n');
const never = new AbortController().signal;

interface Plan {
  readonly keepFails?: boolean;
  readonly release?: Release;
}

async function setUp(kind: Verdict['kind'] | null, { keepFails = false, release }: Plan = {}) {
  const spool = createFakeSpool();
  const trace = createFakeTrace();
  const order: string[] = [];
  const kept: { item: NewItem; text: string }[] = [];
  const quarantine = {
    async keep(item: NewItem, content: Readable) {
      if (keepFails) throw new Error('ENOSPC');
      kept.push({ item, text: await text(content) });
      order.push('kept');
    },
  };
  const settle = spool.settle;
  spool.settle = async (...args) => {
    order.push('settled');
    await settle(...args);
  };
  const message = envelope(['a@moh.example', 'b@moh.example'], CONTENT, release && { release });
  const { id } = message;
  spool.put(message, CONTENT);
  if (kind) {
    const signature = kind === 'infected' ? 'Eicar' : null;
    await spool.setVerdict(id, { kind, signature, score: 9, junkScore: 6, symbols: [] });
  }
  const stage = createPolicyStage({ spool, trace, quarantine, log: silentLog });
  return { spool, trace, stage, id, kept, order };
}

for (const kind of ['clean', 'junk'] as const) {
  test(`${kind} mail goes on to delivery`, async () => {
    const { stage, id, kept } = await setUp(kind);
    expect(await stage(id, never)).toEqual({ kind: 'next', stage: 'deliver' });
    expect(kept).toEqual([]);
  });
}

for (const kind of ['infected', 'spam', 'unscannable'] as const) {
  test(`${kind} mail is kept first, then settled for every recipient`, async () => {
    const { spool, trace, stage, id, kept, order } = await setUp(kind);
    expect(await stage(id, never)).toEqual({ kind: 'finished' });
    expect(order).toEqual(['kept', 'settled', 'settled']);
    expect(kept).toMatchObject([
      { item: { reason: kind, recipients: ['a@moh.example', 'b@moh.example'] }, text: CONTENT.toString() },
    ]);
    expect(spool.all.get(id)?.recipients.map((r) => r.outcome)).toEqual(
      Array(2).fill({ kind: 'quarantined', reason: kind }),
    );
    expect(trace.events.map((event) => event.kind)).toEqual(['quarantined', 'quarantined']);
  });
}

test('released mail goes on to delivery, unless it is infected and was not forced', async () => {
  const spam = await setUp('spam', { release: { by: 'root', force: false } });
  expect(await spam.stage(spam.id, never)).toEqual({ kind: 'next', stage: 'deliver' });
  const infected = await setUp('infected', { release: { by: 'root', force: false } });
  expect(await infected.stage(infected.id, never)).toEqual({ kind: 'finished' });
  expect(infected.kept).toMatchObject([{ item: { reason: 'infected' } }]);
  const forced = await setUp('infected', { release: { by: 'root', force: true } });
  expect(await forced.stage(forced.id, never)).toEqual({ kind: 'next', stage: 'deliver' });
});

test('a recipient that is settled already is left alone', async () => {
  const { spool, stage, id, kept } = await setUp('infected');
  await spool.settle(id, address('a@moh.example'), { kind: 'quarantined', reason: 'infected' });
  await stage(id, never);
  expect(kept[0]?.item.recipients).toEqual(['b@moh.example']);
});

test('what cannot be kept is not settled', async () => {
  const { spool, trace, stage, id } = await setUp('infected', { keepFails: true });
  await expect(stage(id, never)).rejects.toThrow('ENOSPC');
  expect(spool.get(id)?.recipients.every((r) => r.outcome === null)).toBe(true);
  expect(trace.events).toEqual([]);
});

test('mail without verdict goes back to the scan', async () => {
  const { stage, id } = await setUp(null);
  expect(await stage(id, never)).toEqual({ kind: 'next', stage: 'scan' });
});

test('policy follows the scan only when the scan lets the message go on', async () => {
  const { stage, id } = await setUp('infected');
  const retry = { kind: 'retry', stage: 'scan', at: 5 } as const;
  expect(await createScanAndPolicy(async () => retry, stage)(id, never)).toEqual(retry);
  const next = { kind: 'next', stage: 'deliver' } as const;
  expect(await createScanAndPolicy(async () => next, stage)(id, never)).toEqual({ kind: 'finished' });
});
