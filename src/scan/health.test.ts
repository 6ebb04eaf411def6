import { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import { waitFor } from '../../test/support/wait-for.ts';
import type { Clock } from '../lib/clock.ts';
import { systemClock } from '../lib/clock.ts';
import { createScannerHealth } from './health.ts';
import type { ProbeAnswer, SpamFilter, VirusScanner } from './scanner.ts';
import type { VirusAnswer } from './verdict.ts';

function setUp() {
  const state = {
    answer: { kind: 'clean' } as VirusAnswer,
    probe: { kind: 'up', version: 'ClamAV 1', signaturesAt: 5 } as ProbeAnswer,
    probes: 0,
    nowMs: 0,
  };
  const clock: Clock = { ...systemClock, elapsedMs: () => state.nowMs };
  const clamd: VirusScanner = {
    scan: async () => state.answer,
    probe: async () => {
      state.probes++;
      return state.probe;
    },
  };
  const rspamd: SpamFilter = {
    scan: async () => ({ kind: 'clean', score: 0, junkScore: 6, symbols: [] }),
    probe: async () => ({ kind: 'up', version: null, signaturesAt: null }),
  };
  const health = createScannerHealth({ clamd, rspamd, clock });
  const scan = (signal = new AbortController().signal) =>
    health.clamd.scan(async () => Readable.from([]), signal);
  return { state, health, scan };
}

const DOWN = { kind: 'unavailable', detail: 'connect ECONNREFUSED' } as const;

test('scanners count as up until one fails', async () => {
  const { state, health, scan } = setUp();
  expect(health.up()).toBe(true);
  state.answer = DOWN;
  expect(await scan()).toBe(DOWN);
  expect(health.up()).toBe(false);
});

test('a scan that succeeds makes it up again', async () => {
  const { state, health, scan } = setUp();
  state.answer = DOWN;
  await scan();
  state.answer = { kind: 'found', signature: 'x' };
  await scan();
  expect(health.up()).toBe(true);
});

test('a probe that succeeds makes it up again', async () => {
  const { state, health, scan } = setUp();
  state.answer = DOWN;
  await scan();
  expect(health.up()).toBe(false);
  await waitFor('up again', () => health.up() || undefined);
});

test('while down it is probed once a second, however often one asks', async () => {
  const { state, health, scan } = setUp();
  state.answer = DOWN;
  state.probe = DOWN;
  await scan();
  for (let i = 0; i < 100; i++) {
    health.up();
    await Promise.resolve();
  }
  expect(state.probes).toBe(1);
  state.nowMs = 1_000;
  health.up();
  expect(state.probes).toBe(2);
});

test('a scan that was cancelled says nothing of the scanner', async () => {
  const { state, health, scan } = setUp();
  state.answer = DOWN;
  await scan(AbortSignal.abort());
  expect(health.up()).toBe(true);
});

test('the description asks now', async () => {
  const { state, health } = setUp();
  expect(await health.describe()).toEqual([
    { name: 'clamd', up: true, detail: null, version: 'ClamAV 1', signaturesAt: 5 },
    { name: 'rspamd', up: true, detail: null, version: null, signaturesAt: null },
  ]);
  state.probe = DOWN;
  expect((await health.describe())[0]).toMatchObject({ up: false, detail: 'connect ECONNREFUSED' });
});
