import { expect, test } from 'vitest';
import { at, refusedAtData, scanned } from '../../test/support/events.ts';
import { verdict } from '../../test/support/messages.ts';
import { newMessageId } from '../mail/message-id.ts';
import { COUNTERS, countsOf } from './event-metrics.ts';

const id = newMessageId(0);
const link = { reason: 'external-storage', detail: 'x', part: '1', action: 'refuse' } as const;
const findingsIn = (...args: Parameters<typeof countsOf>) =>
  countsOf(...args).filter(({ name }) => name === 'geganti_findings_total');

test('each finding is counted once: with the scan, or with the refusal of what was never scanned', () => {
  const counted = [{ labels: { reason: 'external-storage', action: 'refuse' }, value: 1 }];
  const found = verdict('clean', { action: 'refuse', findings: [link] });
  expect(findingsIn(at(0, { ...scanned(id), verdict: found }))).toMatchObject(counted);
  expect(findingsIn(at(0, { ...refusedAtData(null), findings: [link] }))).toMatchObject(counted);
  expect(findingsIn(at(0, { ...refusedAtData(id), findings: [link] }))).toEqual([]);
  expect(findingsIn(at(0, refusedAtData(null)))).toEqual([]);
});

test('the series of findings are all known beforehand', () => {
  const known = COUNTERS.find(({ name }) => name === 'geganti_findings_total')?.known ?? [];
  expect(known).toContainEqual({ reason: 'short-link', action: 'observe' });
  expect(known.length).toBeLessThan(100);
});
