import { expect, test } from 'vitest';
import { createFakeSpool, createFakeTrace } from '../../test/support/fake-spool.ts';
import { envelope } from '../../test/support/messages.ts';
import { systemClock } from '../lib/clock.ts';
import { silentLog } from '../lib/log.ts';
import { createVerdicts } from '../queue/verdicts.ts';
import type { SpamFilter, VirusScanner } from './scanner.ts';
import { createScanStage } from './stage.ts';
import type { SpamAnswer, VirusAnswer } from './verdict.ts';

const CONTENT = Buffer.from('Subject: x\r\n\r\nbody\r\n');
const never = new AbortController().signal;
const CLEAN: SpamAnswer = { kind: 'clean', score: 1, junkScore: 6, symbols: [] };
const DOWN = { kind: 'unavailable', detail: 'connect ECONNREFUSED' } as const;

function setUp(virus: VirusAnswer, spam: SpamAnswer | 'mute' = CLEAN, discard = false) {
  const spool = createFakeSpool();
  const trace = createFakeTrace();
  const verdicts = createVerdicts();
  let scans = 0;
  const clamd: VirusScanner = {
    async scan(content) {
      scans++;
      for await (const _ of await content());
      return virus;
    },
    probe: async () => DOWN,
  };
  const rspamd: SpamFilter = {
    async scan(_envelope, _content, signal) {
      if (spam !== 'mute') return spam;
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      return { kind: 'unavailable', detail: 'cancelled' };
    },
    probe: async () => DOWN,
  };
  const settings = { concurrency: 2, timeoutMs: 1_000, retryMs: 1_000, maxRetryMs: 60_000 };
  const stage = createScanStage({
    spool,
    trace,
    verdicts,
    clamd,
    rspamd,
    settings,
    clock: systemClock,
    log: silentLog,
    discard,
  });
  const message = envelope(['ali@moh.example'], CONTENT);
  spool.put(message, CONTENT);
  return { spool, trace, verdicts, stage, id: message.id, scans: () => scans };
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
