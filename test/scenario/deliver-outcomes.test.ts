/** What each recipient ends in when the mailbox server answers well, badly, partly or not at all. */
import { Readable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { createBounces } from '../../src/deliver/bounce.ts';
import { createLmtpPool } from '../../src/deliver/connect.ts';
import { createDeliverStage } from '../../src/deliver/stage.ts';
import type { Clock } from '../../src/lib/clock.ts';
import { systemClock } from '../../src/lib/clock.ts';
import type { Endpoint } from '../../src/lib/endpoint.ts';
import { silentLog } from '../../src/lib/log.ts';
import { createEnter } from '../../src/link/enter.ts';
import type { Envelope } from '../../src/mail/envelope.ts';
import type { MessageId } from '../../src/mail/message-id.ts';
import type { Verdict } from '../../src/mail/verdict.ts';
import type { NewItem } from '../../src/quarantine/quarantine.ts';
import { createFakeSpool, createFakeTrace } from '../support/fake-spool.ts';
import { startFaultProxy } from '../support/fault-proxy.ts';
import { type LmtpSink, startLmtpSink } from '../support/lmtp-sink.ts';
import { envelope, recipient, submittedBy, verdict } from '../support/messages.ts';
import { waitFor } from '../support/wait-for.ts';

const never = new AbortController().signal;
const CONTENT = Buffer.from('From: ali@moh.example\r\nSubject: x\r\n\r\nbody\r\n');
const CLEAN = verdict('clean');

function setUp(endpoint: Endpoint, { timeoutMs = 2_000, discard = false } = {}) {
  const state = {
    now: Date.now(),
    submitted: [] as MessageId[],
    kept: [] as NewItem[],
    quarantineFails: false,
  };
  const clock: Clock = { ...systemClock, now: () => state.now };
  const spool = createFakeSpool();
  const trace = createFakeTrace();
  const lmtp = createLmtpPool({ endpoint, hostname: 'mail.moh.example', timeoutMs, keep: 2 });
  const bounces = createBounces({
    spool,
    enter: createEnter({
      spool,
      trace,
      queue: { submit: (id) => void state.submitted.push(id) },
      directory: { findMailbox: async () => null, findAdministrators: async () => [] },
      log: silentLog,
    }),
    hostname: 'mail.moh.example',
    timezone: 'Asia/Kuala_Lumpur',
    clock,
  });
  const quarantine = {
    async keep(item: NewItem, content: Readable) {
      content.destroy();
      if (state.quarantineFails) throw new Error('ENOSPC');
      state.kept.push(item);
    },
  };
  const stage = createDeliverStage({
    spool,
    trace,
    lmtp,
    bounces,
    quarantine,
    hostname: 'mail.moh.example',
    settings: { concurrency: 2, timeoutMs, retryMs: [60_000, 300_000], expireMs: 3_600_000 },
    clock,
    log: silentLog,
    discard,
  });
  async function put(to: string[], changes: Partial<Envelope> = {}, found: Verdict | null = CLEAN) {
    const message = envelope(to, CONTENT, { receivedAt: state.now, ...changes });
    spool.put(message, CONTENT);
    if (found) await spool.setVerdict(message.id, found);
    return message.id;
  }
  const outcomes = (id: MessageId) =>
    Object.fromEntries(
      (spool.all.get(id)?.recipients ?? []).map((r) => [r.address.split('@')[0], r.outcome?.kind ?? 'waits']),
    );
  const kinds = () => trace.events.map((event) => event.kind);
  return { state, spool, trace, lmtp, stage, put, outcomes, kinds };
}

type World = ReturnType<typeof setUp> & { readonly sink: LmtpSink };

async function withSink(work: (world: World) => Promise<void>, options = {}): Promise<void> {
  await using sink = await startLmtpSink();
  const world = setUp(sink.endpoint, options);
  await using _pool = world.lmtp;
  await work({ ...world, sink });
}

test('all recipients of a message are delivered in one transaction, with our header lines in front', () =>
  withSink(async ({ sink, stage, put, outcomes }) => {
    const id = await put(['a@moh.example', 'b+Projek@moh.example', 'c@moh.example']);
    expect(await stage(id, never)).toEqual({ kind: 'finished' });
    expect(outcomes(id)).toEqual({ a: 'delivered', 'b+Projek': 'delivered', c: 'delivered' });
    expect(sink.commands.filter((line) => line === 'DATA')).toHaveLength(1);
    expect(sink.delivered.map((copy) => copy.recipient)).toEqual([
      'a@moh.example',
      'b+Projek@moh.example',
      'c@moh.example',
    ]);
    const text = sink.delivered[0]?.data.toString() ?? '';
    expect(text.endsWith(CONTENT.toString())).toBe(true);
    expect(text.startsWith('X-Spam-Status: No')).toBe(true);
  }));

test('junk goes to the Junk folder with its mark', () =>
  withSink(async ({ sink, spool, stage, put }) => {
    const id = await put(['a@moh.example', 'b+Projek@moh.example'], {}, verdict('junk'));
    await stage(id, never);
    expect(sink.delivered.map((copy) => copy.recipient)).toEqual([
      'a+Junk@moh.example',
      'b+Junk@moh.example',
    ]);
    expect(sink.delivered[0]?.data.toString()).toMatch(/^X-Spam: Yes\r\n/);
    expect(spool.all.get(id)?.recipients[0]?.outcome).toMatchObject({ kind: 'delivered', folder: 'Junk' });
  }));

test('unscanned and refused mail is not delivered', () =>
  withSink(async ({ sink, stage, put }) => {
    for (const found of [null, verdict('infected'), verdict('unscannable')]) {
      expect(await stage(await put(['a@moh.example'], {}, found), never)).toEqual({
        kind: 'next',
        stage: 'scan',
      });
    }
    expect(sink.connections).toBe(0);
  }));

test('each recipient has its own outcome, and only those that may succeed later are tried again', () =>
  withSink(async ({ state, sink, spool, stage, put, outcomes }) => {
    const id = await put([
      'a@moh.example',
      'tempfail@moh.example',
      'permfail@moh.example',
      'overquota@moh.example',
      'quota@moh.example',
      'laterfail@moh.example',
      'oddrcpt@moh.example',
      'odd@moh.example',
    ]);
    const step = await stage(id, never);
    expect(outcomes(id)).toEqual({
      a: 'delivered',
      tempfail: 'waits',
      permfail: 'discarded',
      overquota: 'waits',
      quota: 'discarded',
      laterfail: 'discarded',
      oddrcpt: 'waits',
      odd: 'waits',
    });
    expect(step.kind === 'retry' && step.at - state.now).toBeGreaterThanOrEqual(48_000);
    expect(step.kind === 'retry' && step.at - state.now).toBeLessThanOrEqual(72_000);
    expect(spool.get(id)?.recipients.find((r) => r.address.startsWith('overquota'))).toMatchObject({
      attempts: 1,
      reason: '452 4.2.2 Quota exceeded',
    });

    expect(await stage(id, never)).toEqual({
      kind: 'retry',
      stage: 'deliver',
      at: step.kind === 'retry' && step.at,
    });
    state.now += 80_000;
    sink.commands.length = 0;
    await stage(id, never);
    expect(sink.commands.filter((line) => line.startsWith('RCPT'))).toHaveLength(4);
    expect(sink.delivered).toHaveLength(1);
  }));

describe('a lost connection', () => {
  const cases: [string, string, string][] = [
    ['at the recipient', 'dropatrcpt', '451 4.4.2'],
    ['within the data', 'dropindata', '451 4.4.2'],
    ['after the dot', 'dropafterdot', '(perhaps delivered)'],
    ['a reply that does not come', 'mute', 'no reply in time (perhaps delivered)'],
    ['a reply without end', 'endless', 'a reply without end (perhaps delivered)'],
  ];
  for (const [name, how, reason] of cases) {
    test(`${name}: the message waits`, () =>
      withSink(
        async ({ spool, stage, put, trace }) => {
          const id = await put([`${how}@moh.example`]);
          expect((await stage(id, never)).kind).toBe('retry');
          expect(spool.get(id)?.recipients[0]?.reason).toContain(reason);
          expect(trace.events).toMatchObject([{ kind: 'deferred', stage: 'deliver', attempt: 1 }]);
        },
        { timeoutMs: 400 },
      ));
  }

  test('among the replies: those who were told are done, the others wait', () =>
    withSink(async ({ stage, put, outcomes, spool }) => {
      const id = await put([
        'a@moh.example',
        'laterfail@moh.example',
        'dropafterdot@moh.example',
        'z@moh.example',
      ]);
      await stage(id, never);
      expect(outcomes(id)).toEqual({
        a: 'delivered',
        laterfail: 'discarded',
        dropafterdot: 'waits',
        z: 'waits',
      });
      expect(spool.get(id)?.recipients[3]?.reason).toContain('perhaps delivered');
    }));

  test('fewer replies than recipients: the rest waits', () =>
    withSink(
      async ({ stage, put, outcomes }) => {
        const id = await put(['a@moh.example', 'b@moh.example', 'mute@moh.example']);
        await stage(id, never);
        expect(outcomes(id)).toEqual({ a: 'delivered', b: 'delivered', mute: 'waits' });
      },
      { timeoutMs: 400 },
    ));

  test('a server that is not there, refuses, is mute or talks nonsense: the message waits, and comes when it is back', async () => {
    await using sink = await startLmtpSink();
    await using proxy = await startFaultProxy(sink.endpoint);
    const world = setUp(proxy.endpoint, { timeoutMs: 300 });
    await using _pool = world.lmtp;
    const id = await world.put(['a@moh.example']);
    for (const fault of ['refuse', 'mute', 'garbage'] as const) {
      proxy.fault = { kind: fault };
      expect((await world.stage(id, never)).kind).toBe('retry');
      expect((await world.lmtp.probe()).up).toBe(false);
      world.state.now += 400_000;
    }
    await proxy.close();
    expect((await world.stage(id, never)).kind).toBe('retry');
    expect(world.spool.get(id)?.recipients[0]?.reason).toContain('ECONNREFUSED');
    await proxy.open();
    proxy.fault = { kind: 'pass' };
    world.state.now += 400_000;
    expect(await world.lmtp.probe()).toEqual({ up: true, detail: null });
    expect(await world.stage(id, never)).toEqual({ kind: 'finished' });
    expect(sink.delivered).toHaveLength(1);
  });

  test('a greeting that refuses is temporary, whatever its code', () =>
    withSink(async ({ sink, spool, stage, put }) => {
      sink.greeting = '554 5.3.2 no service';
      const id = await put(['a@moh.example']);
      expect((await stage(id, never)).kind).toBe('retry');
      expect(spool.get(id)?.recipients[0]?.reason).toContain('554');
    }));
});

describe('the intention is written before the risk', () => {
  test('an attempt that ends in a fault has been counted', () =>
    withSink(async ({ spool, stage, put }) => {
      const id = await put(['a@moh.example']);
      spool.read = async () => {
        throw new Error('checksum');
      };
      await expect(stage(id, never)).rejects.toThrow('checksum');
      expect(spool.get(id)?.recipients[0]).toMatchObject({ attempts: 1 });
      expect(spool.get(id)?.recipients[0]?.nextTryAt).toBeGreaterThan(Date.now());
    }));

  test('content that breaks in the middle is not delivered, not even in part', () =>
    withSink(async ({ sink, spool, stage, put }) => {
      const id = await put(['a@moh.example']);
      spool.read = async () =>
        Readable.from(
          (function* () {
            yield CONTENT.subarray(0, 10);
            throw new Error('EIO');
          })(),
          { objectMode: false },
        );
      await expect(stage(id, never)).rejects.toThrow('EIO');
      spool.read = async () => Readable.from([CONTENT.subarray(0, 10)], { objectMode: false });
      spool.get(id);
      await waitFor('the connection to be gone', () => sink.open === 0 || undefined);
      expect(sink.delivered).toEqual([]);
    }));

  test('content shorter than its envelope says is not delivered', () =>
    withSink(async ({ sink, spool, stage, put }) => {
      const id = await put(['a@moh.example']);
      spool.read = async () => Readable.from([CONTENT.subarray(0, 10)], { objectMode: false });
      await expect(stage(id, never)).rejects.toThrow('read 10 octets');
      expect(sink.delivered).toEqual([]);
    }));

  test('a stop breaks off before the dot, and the message is due at once', () =>
    withSink(async ({ state, sink, stage, put }) => {
      const id = await put(['a@moh.example']);
      expect(await stage(id, AbortSignal.abort())).toEqual({
        kind: 'retry',
        stage: 'deliver',
        at: state.now,
      });
      expect(sink.delivered).toEqual([]);
    }));
});

describe('failures for good', () => {
  test('our own sender gets one notice about all of them, stored before they are settled', () =>
    withSink(async ({ state, spool, trace, stage, put, outcomes, kinds }) => {
      const id = await put(
        ['permfail@moh.example', 'a@moh.example', 'laterfail@moh.example'],
        submittedBy('ali@moh.example'),
      );
      expect(await stage(id, never)).toEqual({ kind: 'finished' });
      expect(outcomes(id)).toEqual({ permfail: 'bounced', a: 'delivered', laterfail: 'bounced' });
      expect(kinds()).toEqual(['delivered', 'accepted', 'bounced', 'bounced']);
      expect(state.submitted).toHaveLength(1);
      const [bounce] = state.submitted;
      const notice = bounce && spool.get(bounce);
      expect(notice?.envelope).toMatchObject({
        door: 'internal',
        sender: null,
        login: null,
        client: null,
        recipients: [recipient('ali@moh.example')],
        parent: id,
        messageIdHeader: `<${bounce}@mail.moh.example>`,
      });
      const text = bounce && spool.content(bounce)?.toString();
      expect(text).toHaveLength(notice?.envelope.sizeBytes ?? -1);
      expect(text).toContain('Final-Recipient: rfc822; permfail@moh.example');
      expect(text).toContain('Final-Recipient: rfc822; laterfail@moh.example');
      expect(text).toContain('From: ali@moh.example\r\nSubject: x\r\n');
      expect(text).not.toContain('body');
      expect(trace.events).toContainEqual(expect.objectContaining({ kind: 'bounced', bounce }));
    }));

  test('when the spool takes no notice the recipients wait', () =>
    withSink(async ({ state, spool, stage, put, outcomes }) => {
      spool.plan.commit = () => ({ kind: 'full' });
      const id = await put(['permfail@moh.example', 'a@moh.example'], submittedBy('ali@moh.example'));
      expect((await stage(id, never)).kind).toBe('retry');
      expect(outcomes(id)).toEqual({ permfail: 'waits', a: 'delivered' });
      expect(spool.get(id)?.recipients[0]?.reason).toContain('could not be stored: full');
      expect(state.submitted).toEqual([]);
      spool.plan.commit = () => ({ kind: 'stored' });
      state.now += 80_000;
      expect(await stage(id, never)).toEqual({ kind: 'finished' });
      expect(outcomes(id)).toEqual({ permfail: 'bounced', a: 'delivered' });
    }));

  for (const [name, changes] of [
    ['mail from outside', {}],
    ['a notice of our own', { door: 'internal', sender: null, client: null }],
    ['a submission with the null sender', { ...submittedBy('ali@moh.example'), sender: null }],
  ] as [string, Partial<Envelope>][]) {
    test(`${name} tells nobody and is kept`, () =>
      withSink(async ({ state, spool, stage, put }) => {
        const id = await put(['permfail@moh.example'], changes);
        expect(await stage(id, never)).toEqual({ kind: 'finished' });
        expect(state.submitted).toEqual([]);
        expect(state.kept).toMatchObject([
          {
            reason: 'undeliverable',
            recipients: ['permfail@moh.example'],
            detail: '550 5.1.1 no such user',
          },
        ]);
        expect(spool.all.get(id)?.recipients[0]?.outcome).toEqual({
          kind: 'discarded',
          rule: 'no-backscatter',
          reply: '550 5.1.1 no such user',
        });
      }));
  }

  test('when it cannot be kept it waits', () =>
    withSink(async ({ state, stage, put, outcomes, kinds }) => {
      state.quarantineFails = true;
      const id = await put(['permfail@moh.example']);
      expect((await stage(id, never)).kind).toBe('retry');
      expect(outcomes(id)).toEqual({ permfail: 'waits' });
      expect(kinds()).toEqual(['deferred']);
    }));

  test('a temporary failure is one for good when its time is up', () =>
    withSink(async ({ state, spool, stage, put, outcomes }) => {
      const id = await put(['overquota@moh.example'], submittedBy('ali@moh.example'));
      const end = state.now + 3_600_000;
      for (let i = 0; i < 50; i++) {
        const step = await stage(id, never);
        if (step.kind !== 'retry') break;
        expect(step.at).toBeLessThanOrEqual(end);
        state.now = step.at;
      }
      expect(state.now).toBe(end);
      expect(outcomes(id)).toEqual({ overquota: 'bounced' });
      const [bounce] = state.submitted;
      expect(bounce && spool.content(bounce)?.toString()).toContain('Status: 4.4.7');
    }));

  test('a refused sender fails every recipient', () =>
    withSink(async ({ stage, put, outcomes, lmtp, sink }) => {
      const id = await put(['a@moh.example', 'b@moh.example'], submittedBy('badsender@moh.example'));
      await stage(id, never);
      expect(outcomes(id)).toEqual({ a: 'bounced', b: 'bounced' });
      expect(sink.connections).toBe(1);
      expect((await lmtp.probe()).up).toBe(true);
    }));

  test('a reply of a stranger is made printable', () =>
    withSink(async ({ spool, stage, put }) => {
      const id = await put(['nul@moh.example']);
      await stage(id, never);
      expect(spool.all.get(id)?.recipients[0]?.outcome).toMatchObject({ reply: '550 5.0.0 a?b?[2Jc?' });
    }));
});

test('when only accepting is measured mail ends here', () =>
  withSink(
    async ({ sink, stage, put, outcomes }) => {
      const id = await put(['a@moh.example'], {}, null);
      expect(await stage(id, never)).toEqual({ kind: 'finished' });
      expect(outcomes(id)).toEqual({ a: 'discarded' });
      expect(sink.connections).toBe(0);
    },
    { discard: true },
  ));

test('a message that is gone is finished', () =>
  withSink(async ({ stage, put, spool }) => {
    const id = await put(['a@moh.example']);
    spool.all.delete(id);
    expect(await stage(id, never)).toEqual({ kind: 'finished' });
  }));
