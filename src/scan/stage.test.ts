import { expect, test } from 'vitest';
import { createFakeSpool, createFakeTrace } from '../../test/support/fake-spool.ts';
import { envelope } from '../../test/support/messages.ts';
import { systemClock } from '../lib/clock.ts';
import { silentLog } from '../lib/log.ts';
import type { Envelope } from '../mail/envelope.ts';
import type { MessageId } from '../mail/message-id.ts';
import { createVerdicts } from '../queue/verdicts.ts';
import { DEFAULT_MODES } from '../rules/catalogue.ts';
import type { Deferral } from '../spool/spool.ts';
import type { ProbeAnswer, SpamFilter, VirusScanner } from './scanner.ts';
import { createScanStage, type Judge } from './stage.ts';
import type { SpamAnswer, VirusAnswer } from './verdict.ts';

const CONTENT = Buffer.from('Subject: x\r\n\r\nbody\r\n');
const never = new AbortController().signal;
const CLEAN: SpamAnswer = { kind: 'clean', score: 1, junkScore: 6, symbols: [] };
const LATE = { kind: 'unavailable', detail: 'no answer in time', late: true } as const;
const UP: ProbeAnswer = { kind: 'up', version: null, signaturesAt: null };
const DOWN = { kind: 'unavailable', detail: 'connect ECONNREFUSED' } as const;

const NOTHING: Judge['inspect'] = async () => [];

function setUp(
  virus: VirusAnswer,
  spam: SpamAnswer | 'mute' = CLEAN,
  discard = false,
  inspect: Judge['inspect'] = NOTHING,
) {
  const spool = createFakeSpool();
  const trace = createFakeTrace();
  const verdicts = createVerdicts();
  let scans = 0;
  const answers = { virus, probe: DOWN as ProbeAnswer };
  const clamd: VirusScanner = {
    async scan(content) {
      scans++;
      for await (const _ of await content());
      return answers.virus;
    },
    probe: async () => answers.probe,
  };
  const rspamd: SpamFilter = {
    async scan(_envelope, _content, signal) {
      if (spam !== 'mute') return spam;
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      return { kind: 'unavailable', detail: 'cancelled' };
    },
    probe: async () => DOWN,
  };
  const settings = {
    concurrency: 2,
    junkScore: null,
    spamScore: null,
    timeoutMs: 1_000,
    retryMs: 1_000,
    maxRetryMs: 60_000,
  };
  const stage = createScanStage({
    spool,
    trace,
    verdicts,
    clamd,
    rspamd,
    judge: { inspect },
    policy: { modes: DEFAULT_MODES },
    settings,
    clock: systemClock,
    log: silentLog,
    discard,
  });
  const put = (receivedAt = Date.now(), changes: Partial<Envelope> = {}): MessageId =>
    spool.put(envelope(['ali@moh.example'], CONTENT, { receivedAt, ...changes }), CONTENT);
  const defers: Deferral[] = [];
  const { defer } = spool;
  spool.defer = async (id, what) => {
    defers.push(what);
    await defer(id, what);
  };
  return { spool, trace, verdicts, stage, id: put(), put, answers, defers, scans: () => scans };
}

test('clean mail goes on with its verdict', async () => {
  const { spool, trace, stage, id } = setUp({ kind: 'clean' });
  expect(await stage(id, never)).toEqual({ kind: 'next', stage: 'deliver' });
  expect(spool.get(id)?.verdict?.kind).toBe('clean');
  expect(trace.events).toMatchObject([{ kind: 'scanned', id, verdict: { kind: 'clean' } }]);
});

test('infected mail is left to the session that waits for the verdict', async () => {
  const { spool, verdicts, stage, id } = setUp({ kind: 'found', signature: 'Eicar-Test-Signature' });
  const waiting = verdicts.expect(id, 5_000, never);
  expect(await stage(id, never)).toEqual({ kind: 'finished' });
  expect((await waiting)?.kind).toBe('infected');
  expect(spool.get(id)?.verdict).toBe(null);
});

test('infected mail goes on to the policy when its client no longer waits', async () => {
  const { spool, stage, id } = setUp({ kind: 'found', signature: 'Eicar-Test-Signature' });
  expect(await stage(id, never)).toEqual({ kind: 'next', stage: 'deliver' });
  expect(spool.get(id)?.verdict?.kind).toBe('infected');
});

test('a virus does not wait for the spam filter', async () => {
  const { verdicts, stage, id } = setUp({ kind: 'found', signature: 'Eicar-Test-Signature' }, 'mute');
  const waiting = verdicts.expect(id, 5_000, never);
  await stage(id, never);
  expect((await waiting)?.kind).toBe('infected');
});

test('without a scanner mail waits, visibly, and its client is let go', async () => {
  const { spool, trace, verdicts, stage, id } = setUp(DOWN);
  const waiting = verdicts.expect(id, 60_000, never);
  const step = await stage(id, never);
  expect(step).toMatchObject({ kind: 'retry', stage: 'scan' });
  expect(await waiting).toBe(null);
  const reason = 'clamd: connect ECONNREFUSED';
  expect(spool.get(id)).toMatchObject({ verdict: null, scan: { attempts: 1, reason } });
  expect(trace.events).toMatchObject([{ kind: 'deferred', stage: 'scan', attempt: 1, reason }]);
  expect(step.kind === 'retry' && step.at).toBe(spool.get(id)?.scan.nextTryAt);
  await stage(id, never);
  expect(spool.get(id)?.scan.attempts).toBe(2);
});

test('mail that has its verdict is not scanned again', async () => {
  const { stage, id, scans } = setUp({ kind: 'clean' });
  await stage(id, never);
  expect(await stage(id, never)).toEqual({ kind: 'next', stage: 'deliver' });
  expect(scans()).toBe(1);
});

test('a stop counts no attempt', async () => {
  const { spool, stage, id } = setUp(DOWN);
  expect(await stage(id, AbortSignal.abort())).toMatchObject({ kind: 'retry' });
  expect(spool.get(id)?.scan.attempts).toBe(0);
});

test('a message whose scan ends by timeout five times while the scanner is up is unscannable', async () => {
  const { spool, trace, stage, id, answers } = setUp(LATE);
  answers.probe = UP;
  for (let attempt = 1; attempt <= 4; attempt++) {
    expect(await stage(id, never)).toMatchObject({ kind: 'retry', stage: 'scan' });
  }
  expect(await stage(id, never)).toEqual({ kind: 'next', stage: 'deliver' });
  const verdict = { kind: 'unscannable', signature: 'Geganti.NoAnswerInTime.clamd' };
  expect(spool.get(id)?.verdict).toMatchObject(verdict);
  expect(trace.events.map((event) => event.kind)).toEqual([...Array(4).fill('deferred'), 'scanned']);
  expect(trace.events.at(-1)).toMatchObject({ verdict });
});

test('a spam filter that takes too long counts alike', async () => {
  const { spool, stage, id } = setUp({ kind: 'clean' }, LATE);
  for (let attempt = 1; attempt <= 9; attempt++) await stage(id, never);
  // Its probe fails in this test: the message is not to blame.
  expect(spool.get(id)).toMatchObject({ verdict: null, scan: { attempts: 9 } });
});

test('failures that are not the message’s own never count', async () => {
  const { spool, stage, id, answers } = setUp(LATE);
  for (const failure of [DOWN, LATE, DOWN, LATE, DOWN, LATE]) {
    answers.virus = failure;
    // Late, but the scanner does not answer a probe either.
    answers.probe = DOWN;
    await stage(id, never);
  }
  answers.virus = DOWN;
  answers.probe = UP;
  for (let attempt = 1; attempt <= 6; attempt++) await stage(id, never);
  answers.virus = LATE;
  for (let attempt = 1; attempt <= 4; attempt++) await stage(id, never);
  expect(spool.get(id)).toMatchObject({ verdict: null, scan: { attempts: 16 } });
});

test('timeouts of one message do not count for another', async () => {
  const { spool, stage, put, answers } = setUp(LATE);
  answers.probe = UP;
  for (let n = 0; n < 6; n++) {
    const each = put();
    await stage(each, never);
    expect(spool.get(each)?.verdict).toBe(null);
  }
});

test('a message of an earlier run waits before it is scanned, so that one that kills the process does not come back at once', async () => {
  const { spool, stage, put, defers } = setUp({ kind: 'clean' });
  const old = put(Date.now() - 60_000);
  const { read } = spool;
  let atScan = spool.get(old);
  spool.read = (id) => {
    atScan = spool.get(id);
    return read(id);
  };
  expect(await stage(old, never)).toMatchObject({ kind: 'next' });
  expect(atScan?.scan).toMatchObject({ attempts: 1, reason: 'the scan did not come to an end' });
  expect(atScan?.scan.nextTryAt).toBeGreaterThan(Date.now());
  await stage(put(), never);
  expect(defers).toHaveLength(1);
});

test('its failed scan is one attempt, and a stop makes it due at once', async () => {
  const { spool, stage, put } = setUp(DOWN);
  const old = put(Date.now() - 60_000);
  await stage(old, never);
  expect(spool.get(old)?.scan.attempts).toBe(1);
  expect(await stage(old, AbortSignal.abort())).toMatchObject({ kind: 'retry' });
  expect(spool.get(old)?.scan.nextTryAt).toBeLessThanOrEqual(Date.now());
});

test('a message that is gone is finished', async () => {
  const { spool, stage, id } = setUp({ kind: 'clean' });
  spool.settle(id, envelope(['ali@moh.example'], CONTENT).recipients[0]?.address as never, {
    kind: 'quarantined',
    reason: 'spam',
  });
  expect(await stage(id, never)).toEqual({ kind: 'finished' });
});

test('a message that cannot be read is a fault, and has no verdict', async () => {
  const { spool, stage, id } = setUp({ kind: 'clean' });
  spool.read = async () => {
    throw new Error('checksum');
  };
  await expect(stage(id, never)).rejects.toThrow('checksum');
  expect(spool.get(id)?.verdict).toBe(null);
});

test('when only accepting is measured mail ends here', async () => {
  const { spool, stage, id, scans } = setUp({ kind: 'clean' }, CLEAN, true);
  expect(await stage(id, never)).toEqual({ kind: 'finished' });
  expect(scans()).toBe(0);
  expect(spool.all.get(id)?.recipients[0]?.outcome).toMatchObject({ kind: 'discarded', rule: 'bench' });
});

const LINK = { reason: 'external-storage', detail: 'hxxps://we[.]tl/x', part: '2!a.docx' } as const;

test('what the opened content shows turns the message away', async () => {
  const read: string[] = [];
  const { verdicts, trace, stage, id } = setUp(
    { kind: 'clean' },
    CLEAN,
    false,
    async (_envelope, content) => {
      for await (const chunk of await content()) read.push(String(chunk));
      return [LINK];
    },
  );
  const waiting = verdicts.expect(id, 5_000, never);
  expect(await stage(id, never)).toEqual({ kind: 'finished' });
  const verdict = { kind: 'clean', action: 'refuse', findings: [{ ...LINK, action: 'refuse' }] };
  expect(await waiting).toMatchObject(verdict);
  expect(trace.events).toMatchObject([{ kind: 'scanned', verdict }]);
  expect(read.join('')).toBe(CONTENT.toString());
});

const SEEN = { findings: [], unopened: false, agencies: [] };
const opened: [string, Partial<Envelope>, number][] = [
  ['mail that nobody has looked into', {}, 1],
  ['mail in which the door left something', { inspection: { ...SEEN, unopened: true } }, 1],
  ['mail in which the door left nothing', { inspection: SEEN }, 0],
  ['a notice of ours', { door: 'internal' }, 0],
  [
    'what was let out of quarantine',
    { door: 'internal', inspection: { ...SEEN, unopened: true }, release: { by: 'root', force: false } },
    0,
  ],
];
for (const [name, changes, times] of opened) {
  test(`${name} is ${times ? '' : 'not '}opened`, async () => {
    let count = 0;
    const { stage, put } = setUp({ kind: 'clean' }, CLEAN, false, async () => {
      count++;
      return [];
    });
    await stage(put(Date.now(), changes), never);
    expect(count).toBe(times);
  });
}

test('what the door found is part of the verdict', async () => {
  const finding = {
    reason: 'short-link',
    detail: 'hxxps://bit[.]ly/x',
    part: '1',
    action: 'observe',
  } as const;
  const { spool, stage, put } = setUp({ kind: 'clean' });
  const id = put(Date.now(), { inspection: { ...SEEN, findings: [finding] } });
  await stage(id, never);
  expect(spool.get(id)?.verdict).toMatchObject({ action: 'deliver', findings: [finding] });
});

test('P3: content that cannot be judged waits as for a scanner', async () => {
  const { spool, stage, id } = setUp({ kind: 'clean' }, CLEAN, false, async () => {
    throw new Error('EIO');
  });
  expect(await stage(id, never)).toMatchObject({ kind: 'retry', stage: 'scan' });
  expect(spool.get(id)).toMatchObject({ verdict: null, scan: { attempts: 1, reason: 'content: EIO' } });
});

test('a virus does not wait for the content to be opened', async () => {
  const { spool, stage, id } = setUp(
    { kind: 'found', signature: 'Eicar' },
    'mute',
    false,
    (_, __, signal) =>
      new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
  );
  await stage(id, never);
  expect(spool.get(id)?.verdict).toMatchObject({ kind: 'infected', action: 'refuse' });
});
